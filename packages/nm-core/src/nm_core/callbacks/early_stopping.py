"""`EarlyStopping`: end a training that gets no better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.goals import Mode
from nm_core.callbacks.intervals import check_interval, check_mode
from nm_core.callbacks.run import Run
from nm_core.callbacks.watch import Watch
from nm_core.errors import ParameterError
from nm_core.symbols.parameter_values import NonNegativeFloat, PositiveInt


class EarlyStopping(Callback):
    """Ask the run to stop when a metric has not improved for some evaluations.

    Called after every evaluation. A score that is not finite counts as no improvement.

    Args:
        metric: the score that is watched, `"dev.wer"`: the evaluation's name and the metric's.
        patience: evaluations without improvement after which the run ends.
        min_delta: how much better a score must be to count.
        mode: whether smaller ("min") or larger ("max") is better, where the metric has no goal that says so.

    Raises:
        ParameterError: an argument is out of its range.

    Example:
        >>> stopping, run = EarlyStopping("dev.wer", patience=2), Run("train")
        >>> for wer in (0.3, 0.2, 0.25, 0.21):
        ...     stopping.on_evaluation(run, "dev", {"wer": wer})
        >>> run.stop_reason
        'dev.wer has not improved on 0.2 for 2 evaluations'
    """

    watches_metric = True

    def __init__(
        self, metric: str, *, patience: PositiveInt = 3, min_delta: NonNegativeFloat = 0.0, mode: Mode | None = None
    ) -> None:
        self.metric = metric
        self.patience = check_interval("EarlyStopping", "patience", patience)
        if self.patience == 0:
            raise ParameterError("EarlyStopping: patience is the number of evaluations to wait, at least 1; got 0.")
        if isinstance(min_delta, bool) or not isinstance(min_delta, int | float) or not 0 <= min_delta < math.inf:
            raise ParameterError(f"EarlyStopping: min_delta is a number from 0, got {min_delta!r}.")
        self.min_delta = min_delta
        self._watch = Watch("EarlyStopping", metric, None if mode is None else check_mode("EarlyStopping", mode))
        self._waited = 0

    @property
    def mode(self) -> Mode:
        """Whether smaller ("min") or larger ("max") is better."""
        return self._watch.mode

    def on_start(self, run: Run) -> None:
        """Find in the metric which values are better.

        Raises:
            ParameterError: nothing evaluates the metric in time, or nobody says which values of it are better.
        """
        self._watch.start(run)

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Compare the score with the best so far.

        Raises:
            ParameterError: the metric is of this evaluation, which has no such score.
        """
        value = self._watch.find(run, name, scores)
        if value is None:
            return
        if self._watch.improves(value, self.min_delta):
            self._waited = 0
            return
        # A NaN comes here too: a training that diverged has to end, not to wait for better.
        self._waited += 1
        if self._waited >= self.patience:
            best = "any finite value" if self._watch.best is None else f"{self._watch.best:g}"
            run.request_stop(f"{self.metric} has not improved on {best} for {self._waited} evaluations")

    def on_end(self, run: Run, reason: str) -> None:
        """Report a metric that no evaluation gave."""
        if not self._watch.seen:
            self._watch.report_missing(run, "it could not stop the run")

    def state(self) -> dict[str, Any]:
        """Return the metric, its best score, how many evaluations ago it was, and whether there was any."""
        watch = self._watch
        return {"metric": watch.metric, "best": watch.best, "waited": self._waited, "seen": watch.seen}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave, unless it is of another metric."""
        if self._watch.load(state):
            self._waited, self._watch.seen = state["waited"], state["seen"]
