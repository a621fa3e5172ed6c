"""`ProgressCallback`: how far a run is, for the person who waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core.callbacks.base import Callback
from nm_core.callbacks.displays import Display, open_display
from nm_core.callbacks.run import Run
from nm_core.callbacks.throughput import Pace, duration, last_step
from nm_core.errors import ParameterError
from nm_core.symbols.parameter_values import NonNegativeFloat

if TYPE_CHECKING:
    from rich.console import Console

_MOVE_SECONDS = 0.1
"""The least time between two movements of a bar: log points may come a thousand times a second."""
_HIDDEN = frozenset({"learning_rate", "epoch", "step", "samples"})


class ProgressCallback(Callback):
    """Show updates, epochs, losses, learning rate, speed and the time that is left, on standard error.

    `NeuralModuleFactory.train` and `nmod train` add it by themselves; `progress=False`, `--quiet` and the environment
    variable `NM_PROGRESS=0` switch it off.

    On a terminal and in a notebook this is a bar that moves at log points; elsewhere a line now and then. Evaluations,
    checkpoints and what the run reports get lines of their own, always, the latter as soon as a log point comes. Called
    at log points, at the ends of epochs, and for evaluations and checkpoints; between log points it costs nothing. Only
    rank 0 shows anything.

    Args:
        every_seconds: least time between two lines where there is no terminal.
        console: where to write; standard error when not given.
        clock: seconds that pass, for tests.

    Attributes:
        facts_only: whether what the run reports is all that is shown; `progress=False` sets it.

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
        every_seconds: NonNegativeFloat = 10.0,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(every_seconds, bool) or not isinstance(every_seconds, int | float) or every_seconds < 0:
            raise ParameterError(f"ProgressCallback: every_seconds is a number from 0, got {every_seconds!r}.")
        self.every_seconds = every_seconds
        self.facts_only = False
        self._console = console
        self._clock = clock
        self._display: Display | None = None
        self._pace: Pace | None = None
        self._shown = self._moved = float("-inf")
        self._text = ""
        self._noted = 0

    def on_start(self, run: Run) -> None:
        """Begin to show."""
        self._pace = Pace(self._clock(), run)
        self._shown = self._moved = float("-inf")
        self._text = ""
        self._noted = 0
        if run.rank:
            return
        self._display = open_display(self._console)
        if run.resumed_from is not None:
            self._line(f"going on from {run.resumed_from} at update {run.step}")
        self._note(run)
        self._move(run)

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Show losses, learning rate, speed and the time that is left."""
        if self._display is None or self._pace is None:
            return
        self._note(run)
        now = self._clock()
        self._pace.update(now, run)
        self._text = self._status(run, values)
        if self._display.has_bar:
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
        self._move(run, at_once=True)
        if self._display is not None:
            self._display.close()
        spent = 0.0 if self._pace is None else self._clock() - self._pace.begun
        losses = "".join(f"  {name} {value:.4g}" for name, value in run.losses.items())
        skipped = f"  {run.skipped} skipped" if run.skipped else ""
        steps = f"{_step(run)}  " if run.action == "train" else ""
        self._line(f"{reason}: {steps}{run.samples} samples{losses}{skipped}  in {duration(spent)}")
        self._note(run)
        self._display = None

    def _status(self, run: Run, values: Mapping[str, float]) -> str:
        parts = [f"{name} {value:.4g}" for name, value in values.items() if name not in _HIDDEN]
        parts.append(f"lr {run.learning_rate:.3g}")
        if self._pace is not None and self._pace.samples_per_second:
            parts.append(f"{self._pace.samples_per_second:.0f} samples/s")
            if (seconds := self._pace.remaining(run)) is not None:
                parts.append(f"{duration(seconds)} left")
        return "  ".join(parts)

    def _move(self, run: Run, *, at_once: bool = False) -> None:
        if self._display is None or not self._display.has_bar or self.facts_only:
            return
        now = self._clock()
        if at_once or now - self._moved >= _MOVE_SECONDS:
            self._moved = now
            self._display.move(_epoch(run), run.step, last_step(run), self._text)

    def _note(self, run: Run) -> None:
        """Show what was reported since the last time."""
        if self._display is not None:
            for line in run.report[self._noted :]:
                self._display.line(f"note: {line}")
        self._noted = len(run.report)

    def _line(self, text: str) -> None:
        if self._display is not None and not self.facts_only:
            self._display.line(text)


def _epoch(run: Run) -> str:
    number = run.epoch + 1 if run.max_epochs is None else min(run.epoch + 1, run.max_epochs)
    return f"epoch {number}" + ("" if run.max_epochs is None else f"/{run.max_epochs}")


def _step(run: Run) -> str:
    end = last_step(run)
    return f"update {run.step}" + ("" if end is None else f"/{end}")
