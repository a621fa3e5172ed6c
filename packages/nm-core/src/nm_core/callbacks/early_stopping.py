"""`EarlyStopping`: end a training that gets no better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.intervals import Mode, check_interval, check_mode, find_score, is_better, report_missing_score
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError


class EarlyStopping(Callback):
    """Ask the run to stop when a metric has not improved for some evaluations.

    Called after every evaluation. A score that is not finite counts as no improvement.

    Args:
        metric: the score that is watched, `"dev.wer"`: the evaluation's name and the metric's.
        patience: evaluations without improvement after which the run ends.
        min_delta: how much better a score must be to count.
        mode: whether smaller ("min") or larger ("max") is better.

    Raises:
        ParameterError: an argument is out of its range.

    Example:
        >>> stopping, run = EarlyStopping("dev.wer", patience=2), Run("train")
        >>> for wer in (0.3, 0.2, 0.25, 0.21):
        ...     stopping.on_evaluation(run, "dev", {"wer": wer})
        >>> run.stop_reason
        'dev.wer has not improved on 0.2 for 2 evaluations'
    """

    def __init__(self, metric: str, *, patience: int = 3, min_delta: float = 0.0, mode: Mode = "min") -> None:
        self.metric = metric
        self.patience = check_interval("EarlyStopping", "patience", patience)
        if self.patience == 0:
            raise ParameterError("EarlyStopping: patience is the number of evaluations to wait, at least 1; got 0.")
        if isinstance(min_delta, bool) or not isinstance(min_delta, int | float) or min_delta < 0:
            raise ParameterError(f"EarlyStopping: min_delta is a number from 0, got {min_delta!r}.")
        self.min_delta = min_delta
        self.mode = check_mode("EarlyStopping", mode)
        self._best: float | None = None
        self._waited = 0
        self._seen = False
        self._evaluations: set[str] = set()

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Compare the score with the best so far.

        Raises:
            ParameterError: the metric is of this evaluation, which has no such score.
        """
        self._evaluations.add(name)
        value = find_score("EarlyStopping", self.metric, name, scores)
        if value is None:
            return
        self._seen = True
        if is_better(value, self._best, self.mode, self.min_delta):
            self._best, self._waited = value, 0
            return
        # A NaN comes here too: a training that diverged has to end, not to wait for better.
        self._waited += 1
        if self._waited >= self.patience:
            best = "any finite value" if self._best is None else f"{self._best:g}"
            run.request_stop(f"{self.metric} has not improved on {best} for {self._waited} evaluations")

    def on_end(self, run: Run, reason: str) -> None:
        """Report a metric that no evaluation gave."""
        if not self._seen:
            effect = "it could not stop the run"
            report_missing_score(run, "EarlyStopping", self.metric, self._evaluations, effect)

    def state(self) -> dict[str, Any]:
        """Return the best score, how many evaluations ago it was, and whether there was any."""
        return {"best": self._best, "waited": self._waited, "seen": self._seen}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""
        self._best, self._waited, self._seen = state["best"], state["waited"], state["seen"]
