"""A run without an engine: the calls that callbacks get, in the order in which they get them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nm_core import Callback, Run


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.seconds


class Drive:
    """Drives callbacks as an engine does, and notes when checkpoints are asked for."""

    def __init__(self, callbacks: Sequence[Callback], run: Run, clock: Clock) -> None:
        self.callbacks = callbacks
        self.run = run
        self.clock = clock
        self.checkpoints: list[int] = []
        self.evaluations: list[tuple[int, str]] = []
        self.scores: Callable[[int], Mapping[str, float]] = lambda step: {"wer": 1.0 / (1 + step)}
        run.evaluator = lambda metrics: dict(self.scores(run.step))
        run.announce = self._announce

    def tell(self, method: str, *values: Any) -> None:
        """Call a method of every callback."""
        for callback in self.callbacks:
            getattr(callback, method)(self.run, *values)

    def train(
        self,
        steps: int,
        *,
        log_every: int = 10,
        steps_per_epoch: int = 10,
        loss: Iterable[float] = (),
        start: bool = True,
    ) -> str:
        """Make updates, of a second and four samples each, until the end or until a callback asks to stop."""
        run, losses = self.run, iter(loss)
        run.steps_per_epoch = steps_per_epoch
        if start:
            self.tell("on_start")
        while run.step < steps and run.stop_reason is None:
            if run.step % steps_per_epoch == 0:
                run.epoch = run.step // steps_per_epoch
                self.tell("on_epoch_start")
            run.step, run.samples = run.step + 1, run.samples + 4
            self.clock.seconds += 1.0
            for callback in self.callbacks:
                if callback.step_interval and run.step % callback.step_interval == 0:
                    callback.on_step(run)
            if run.step % log_every == 0:
                run.losses = {"loss": next(losses, 1.0 / run.step)}
                self.tell("on_log", {**run.losses, "learning_rate": run.learning_rate})
            if run.step % steps_per_epoch == 0:
                self.tell("on_epoch_end")
            self.boundary()
        return "finished" if run.stop_reason is None else f"stopped: {run.stop_reason}"

    def boundary(self) -> None:
        """Do what was asked for, as an engine does between updates."""
        if self.run.checkpoint_wanted:
            self.run.checkpoint_wanted = False
            self.checkpoints.append(self.run.step)
            self.tell("on_checkpoint", Path(f"runs/x/checkpoints/{len(self.checkpoints):06d}-step-{self.run.step}"))

    def _announce(self, name: str, scores: Mapping[str, float]) -> None:
        self.evaluations.append((self.run.step, name))
        self.tell("on_evaluation", name, scores)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still by itself."""
    return Clock()


@pytest.fixture
def drive(clock: Clock, tmp_path: Path) -> Callable[..., Drive]:
    """Return the maker of runs that write into a folder of the test."""

    def make(*callbacks: Callback, **attributes: Any) -> Drive:
        return Drive(callbacks, Run("train", **{"work_dir": tmp_path, **attributes}), clock)

    return make
