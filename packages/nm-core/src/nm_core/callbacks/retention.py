"""`Retention`: which checkpoints of a run stay when a new one is complete."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from nm_core.errors import ParameterError

Checkpoint = TypeVar("Checkpoint")


@dataclass(frozen=True)
class Retention:
    """Keep the last few checkpoints, and the best few of those with a score.

    Attributes:
        last: how many of the newest are kept; at least 1.
        best: how many of the best are kept beside them.
        metric: the score they are compared by, `"dev.wer"`: the evaluation's name and the metric's.
        mode: whether the smallest or the largest score is the best.

    Raises:
        ParameterError: a field is out of its range.

    Example:
        >>> Retention(last=1, best=1, metric="dev.wer").superfluous(["a", "b", "c"], {"a": 0.2, "b": 0.3, "c": 0.4})
        ['b']
    """

    last: int = 3
    best: int = 0
    metric: str | None = None
    mode: Literal["min", "max"] = "min"

    def __post_init__(self) -> None:
        """Refuse what would keep nothing, or cannot be compared."""
        if self.last < 1:
            raise ParameterError(f"At least the newest checkpoint is kept: last is a number from 1, got {self.last!r}.")
        if self.best < 0 or (self.best and self.metric is None):
            raise ParameterError(
                f'best={self.best!r} keeps the best checkpoints by a metric: give metric="dev.wer", for example.'
            )
        if self.mode not in ("min", "max"):
            raise ParameterError(f'mode is "min" or "max", got {self.mode!r}.')

    def best_of(self, ordered: Sequence[Checkpoint], scores: Mapping[Checkpoint, float]) -> Checkpoint | None:
        """Return the best of all checkpoints, oldest first, or None where none has a score."""
        ranked = self._rank(ordered, scores)
        return ordered[ranked[0]] if ranked else None

    def superfluous(self, ordered: Sequence[Checkpoint], scores: Mapping[Checkpoint, float]) -> list[Checkpoint]:
        """Return those of all checkpoints, oldest first, that go; of equal scores the newer one is better."""
        ranked = self._rank(ordered, scores)
        stay = {*range(len(ordered) - self.last, len(ordered)), *ranked[: self.best]}
        return [item for index, item in enumerate(ordered) if index not in stay]

    def _rank(self, ordered: Sequence[Checkpoint], scores: Mapping[Checkpoint, float]) -> list[int]:
        """Return the places of those with a score, the best first."""
        sign = 1.0 if self.mode == "min" else -1.0
        # A score of NaN ranks nowhere: it compares false with everything, and sorting would depend on its position.
        finite = [index for index, item in enumerate(ordered) if math.isfinite(scores.get(item, math.nan))]
        return sorted(finite, key=lambda index: (sign * scores[ordered[index]], -index))
