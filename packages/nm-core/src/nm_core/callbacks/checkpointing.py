"""`CheckpointCallback`: when to write checkpoints, and which of them stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.goals import Mode
from nm_core.callbacks.intervals import check_interval, check_mode
from nm_core.callbacks.retention import Retention
from nm_core.callbacks.run import Run
from nm_core.callbacks.watch import Watch
from nm_core.errors import ParameterError
from nm_core.symbols.parameter_values import NonNegativeFloat, NonNegativeInt, PositiveInt


class CheckpointCallback(Callback):
    """Ask for a checkpoint every so many updates, epochs or minutes, and whenever a metric is better than ever.

    Called after the updates that `every_steps` names, at the end of epochs, at log points (to look at the clock) and
    after evaluations. It only asks: the engine writes at the next step boundary, and a disk that is full costs the
    attempt, not the run. The retention holds for every checkpoint of the run, whoever asked for it.

    Args:
        every_steps: updates between checkpoints; 0 is never.
        every_epochs: epochs between checkpoints; 0 is never. Without any interval it is every epoch.
        every_minutes: minutes between checkpoints, looked at when a log point comes; 0 is never.
        at_end: write one after the last update, too, unless the run ends with an error.
        keep: how many of the newest stay.
        best: how many of the best by `metric` stay beside them.
        metric: the score that is compared, `"dev.wer"`: the evaluation's name and the metric's. With it, a score better
            than any before is followed by a checkpoint at once.
        mode: whether the smallest ("min") or the largest ("max") score is the best, where the metric has no goal that
            says so.
        clock: seconds that pass, for tests.

    Raises:
        ParameterError: an argument is out of its range, or `best` has no metric.

    Example:
        >>> callback = CheckpointCallback(every_steps=1000, keep=2, metric="dev.wer")
        >>> callback.retention
        Retention(last=2, best=1, metric='dev.wer', mode='min')
    """

    watches_metric = True

    def __init__(
        self,
        *,
        every_steps: NonNegativeInt = 0,
        every_epochs: NonNegativeInt = 0,
        every_minutes: NonNegativeFloat = 0.0,
        at_end: bool = True,
        keep: PositiveInt = 3,
        best: NonNegativeInt | None = None,
        metric: str | None = None,
        mode: Mode | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        owner = "CheckpointCallback"
        if isinstance(every_minutes, bool) or not isinstance(every_minutes, int | float) or every_minutes < 0:
            raise ParameterError(f"{owner}: every_minutes is a number, 0 for never; got {every_minutes!r}.")
        self.step_interval = check_interval(owner, "every_steps", every_steps)
        self.every_epochs = check_interval(owner, "every_epochs", every_epochs)
        # A callback without any interval was meant to write checkpoints, not to write none.
        if not every_steps and not every_epochs and not every_minutes:
            self.every_epochs = 1
        self.every_seconds = 60.0 * every_minutes
        best = int(metric is not None) if best is None else best
        self.at_end = at_end
        mode = None if mode is None else check_mode(owner, mode)
        self.retention = Retention(last=keep, best=best, metric=metric, mode=mode or "min")
        self._watch = None if metric is None else Watch(owner, metric, mode)
        self._clock = clock
        self._written = clock()
        self._epochs = 0

    def on_start(self, run: Run) -> None:
        """Tell the run which checkpoints stay, and whether there is one at the end.

        Raises:
            ParameterError: the run has nowhere to write; nothing evaluates the metric in time, or nobody says which
                values of it are better.
        """
        if run.work_dir is None:
            raise ParameterError(
                "CheckpointCallback: the run has nowhere to write. "
                'Give the factory a folder: NeuralModuleFactory(work_dir="runs/first", ...).'
            )
        if self._watch is not None:
            self._watch.start(run)
            self._set_mode(run, self._watch)
        else:
            run.retention = self.retention
        # Never set to False: of two callbacks, the one that wants a last checkpoint gets it.
        run.checkpoint_at_end = run.checkpoint_at_end or self.at_end
        self._written = self._clock()

    def on_step(self, run: Run) -> None:
        """Ask for a checkpoint: `every_steps` updates have passed."""
        run.request_checkpoint()

    def on_epoch_end(self, run: Run) -> None:
        """Ask for a checkpoint if `every_epochs` epochs have passed."""
        self._epochs += 1
        if self.every_epochs and self._epochs % self.every_epochs == 0:
            run.request_checkpoint()

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Ask for a checkpoint if `every_minutes` have passed since the last one."""
        if self.every_seconds and self._clock() - self._written >= self.every_seconds:
            self._written = self._clock()
            run.request_checkpoint()

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Ask for a checkpoint if the metric is better than ever.

        Raises:
            ParameterError: the metric is of this evaluation, which has no such score.
        """
        watch = self._watch
        if watch is None:
            return
        value = watch.find(run, name, scores)
        self._set_mode(run, watch)
        if value is not None and watch.improves(value):
            run.request_checkpoint()

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Count the minutes from here."""
        self._written = self._clock()

    def on_end(self, run: Run, reason: str) -> None:
        """Report a metric that no evaluation gave."""
        if self._watch is not None and self._watch.best is None:
            self._watch.report_missing(run, "no checkpoint was kept as the best")

    def state(self) -> dict[str, Any]:
        """Return the epochs that have ended, and the metric, its direction and its best value so far."""
        watch = self._watch
        if watch is None:
            return {"epochs": self._epochs, "best": None}
        return {"epochs": self._epochs, "best": watch.best, "metric": watch.metric, "mode": watch.mode}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave; the best value of another metric is left out."""
        self._epochs = state["epochs"]
        if self._watch is not None:
            self._watch.load(state)

    def _set_mode(self, run: Run, watch: Watch) -> None:
        """Let the run compare as the metric says."""
        self.retention = run.retention = replace(self.retention, mode=watch.mode)
