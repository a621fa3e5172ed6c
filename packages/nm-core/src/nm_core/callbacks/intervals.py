"""Intervals and scores of callbacks: checks of arguments, and the comparison of two scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import cast, get_args

from nm_core.callbacks.goals import Mode
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError, did_you_mean


def check_interval(owner: str, name: str, value: object) -> int:
    """Return `value` if it is a whole number from 0, where 0 is never.

    Raises:
        ParameterError: it is anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ParameterError(f"{owner}: {name} is a whole number, 0 for never; got {value!r}.")
    return value


def check_mode(owner: str, mode: object) -> Mode:
    """Return `mode` if it says which score is the best.

    Raises:
        ParameterError: it does not.
    """
    if mode in get_args(Mode):
        return cast("Mode", mode)
    raise ParameterError(f'{owner}: mode is "min" (an error rate, a loss) or "max" (an accuracy), got {mode!r}.')


def is_better(value: float, best: float | None, mode: Mode, min_delta: float = 0.0) -> bool:
    """Tell whether `value` beats `best` by more than `min_delta`; a value that is not finite never does."""
    if not math.isfinite(value):
        return False
    if best is None:  # the first finite score, whatever `min_delta` asks
        return True
    return value < best - min_delta if mode == "min" else value > best + min_delta


def find_score(owner: str, metric: str, evaluation: str, scores: Mapping[str, float]) -> float | None:
    """Return the score `metric` (`"dev.wer"`) among those of an evaluation, or None where it is of another one.

    Raises:
        ParameterError: it is of this evaluation, which has no such score.
    """
    full = {f"{evaluation}.{name}": value for name, value in scores.items()}
    if metric in full or not metric.startswith(f"{evaluation}."):
        return full.get(metric)
    raise ParameterError(
        f'{owner}: the evaluation "{evaluation}" has no score "{metric}".{did_you_mean(metric, full)} '
        f"It has {', '.join(full) or 'none'}."
    )


def report_missing_score(
    run: Run, owner: str, metric: str, evaluations: Iterable[str], effect: str, *, seen: bool
) -> None:
    """Report a score that a callback waited for and no evaluation gave, or none as a finite number (`seen`)."""
    if seen:
        run.report.append(f"{owner} saw no finite value of {metric}, so {effect}.")
        return
    names = ", ".join(sorted(evaluations)) or "none"
    run.report.append(f"{owner} never saw the score {metric}, so {effect}; evaluations of this run: {names}.")
