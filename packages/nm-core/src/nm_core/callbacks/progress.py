"""`ProgressCallback`: how far a run is, for the person who waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run
from nm_core.callbacks.throughput import Pace, duration, last_step
from nm_core.errors import ParameterError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_HIDDEN = frozenset({"learning_rate", "epoch", "step", "samples"})


class ProgressCallback(Callback):
    """Show updates, epochs, losses, learning rate, speed and the time that is left, on standard error.

    On a terminal this is a bar that moves at log points; elsewhere a line now and then. Evaluations, checkpoints and
    what the run reports get lines of their own, always, the latter as soon as a log point comes. Called at log points,
    at the ends of epochs, and for evaluations and checkpoints; between log points it costs nothing. Only rank 0 shows
    anything.

    Args:
        every_seconds: least time between two lines where there is no terminal.
        console: where to write; standard error when not given.
        clock: seconds that pass, for tests.

    Raises:
        ParameterError: `every_seconds` is not a number from 0.

    Example:
        >>> import sys
        >>> from rich.console import Console
        >>> progress = ProgressCallback(console=Console(file=sys.stdout), clock=lambda: 0.0)
        >>> run = Run("train", step=20, max_steps=100, learning_rate=0.01)
        >>> progress.on_start(run)
        >>> progress.on_log(run, {"loss": 0.5})
        epoch 1  update 20/100  loss 0.5  lr 0.01
    """

    def __init__(
        self,
        *,
        every_seconds: float = 10.0,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(every_seconds, bool) or not isinstance(every_seconds, int | float) or every_seconds < 0:
            raise ParameterError(f"ProgressCallback: every_seconds is a number from 0, got {every_seconds!r}.")
        self.every_seconds = every_seconds
        self._target = console
        self._clock = clock
        self._console: Console | None = None
        self._bar: Progress | None = None
        self._pace: Pace | None = None
        self._shown = float("-inf")
        self._text = ""
        self._noted = 0

    def on_start(self, run: Run) -> None:
        """Begin to show."""
        self._pace = Pace(self._clock(), run)
        self._shown = float("-inf")
        self._noted = 0
        if run.rank:
            return
        from rich.console import Console

        self._console = self._target or Console(stderr=True)
        if run.resumed_from is not None:
            self._line(f"going on from {run.resumed_from} at update {run.step}")
        self._note(run)
        if self._console.is_terminal:
            self._bar = _bar(self._console)
            self._bar.add_task(_epoch(run), total=last_step(run), completed=run.step, status="")
            self._bar.start()

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Show losses, learning rate, speed and the time that is left."""
        if self._console is None or self._pace is None:
            return
        self._note(run)
        now = self._clock()
        self._pace.update(now, run)
        self._text = self._status(run, values)
        if self._bar is not None:
            self._move(run)
        elif now - self._shown >= self.every_seconds:
            self._shown = now
            self._line(f"{_epoch(run)}  {_step(run)}  {self._text}")

    def on_epoch_end(self, run: Run) -> None:
        """Move the bar."""
        self._move(run)

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Show the scores."""
        self._line(f"update {run.step}  {name}: " + "  ".join(f"{key} {value:.4g}" for key, value in scores.items()))

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Show where the checkpoint is."""
        self._line(f"update {run.step}  checkpoint {path}")

    def on_end(self, run: Run, reason: str) -> None:
        """Show how the run ended, and what it reports."""
        self._move(run)
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        spent = 0.0 if self._pace is None else self._clock() - self._pace.begun
        losses = "".join(f"  {name} {value:.4g}" for name, value in run.losses.items())
        skipped = f"  {run.skipped} skipped" if run.skipped else ""
        steps = f"{_step(run)}  " if run.action == "train" else ""
        self._line(f"{reason}: {steps}{run.samples} samples{losses}{skipped}  in {duration(spent)}")
        self._note(run)
        self._console = None

    def _status(self, run: Run, values: Mapping[str, float]) -> str:
        parts = [f"{name} {value:.4g}" for name, value in values.items() if name not in _HIDDEN]
        parts.append(f"lr {run.learning_rate:.3g}")
        if self._pace is not None and self._pace.samples_per_second:
            parts.append(f"{self._pace.samples_per_second:.0f} samples/s")
            if (seconds := self._pace.remaining(run)) is not None:
                parts.append(f"{duration(seconds)} left")
        return "  ".join(parts)

    def _move(self, run: Run) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, description=_epoch(run), completed=run.step, total=last_step(run), status=self._text)
            self._bar.refresh()

    def _note(self, run: Run) -> None:
        """Show what was reported since the last time."""
        for line in run.report[self._noted :]:
            self._line(f"note: {line}")
        self._noted = len(run.report)

    def _line(self, text: str) -> None:
        if self._console is not None:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _bar(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    status = TextColumn("{task.fields[status]}", markup=False)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), status
    # Refreshed at log points only: a thread of its own would compete with the training for the interpreter.
    return Progress(*columns, console=console, auto_refresh=False)


def _epoch(run: Run) -> str:
    number = run.epoch + 1 if run.max_epochs is None else min(run.epoch + 1, run.max_epochs)
    return f"epoch {number}" + ("" if run.max_epochs is None else f"/{run.max_epochs}")


def _step(run: Run) -> str:
    end = last_step(run)
    return f"update {run.step}" + ("" if end is None else f"/{end}")
