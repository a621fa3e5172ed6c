"""Recorders of actions: a callback that notes every event, a metric that collects every batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run
from nm_core.modules.metric import Metric
from nm_core.symbols.ports import ports


class PlannedError(Exception):
    """An error that a check raises on purpose."""


class Notes(Callback):
    """A callback that notes every event, and does something at a step.

    Args:
        log: where the notes go, shared by several callbacks.
        name: who notes.
        every: its step interval.
        at: the step at which it acts.
        act: the function that it calls then.
    """

    def __init__(
        self,
        log: list[tuple[Any, ...]] | None = None,
        name: str = "notes",
        *,
        every: int = 1,
        at: int | None = None,
        act: Callable[[Run], object] | None = None,
    ) -> None:
        self.log = [] if log is None else log
        self.name = name
        self.step_interval = every
        self.at, self.act = at, act
        self.steps_seen = 0

    def select(self, *parts: Any) -> list[tuple[Any, ...]]:
        """Return the notes that begin with these parts, without the name."""
        return [note[1:] for note in self.log if note[0] == self.name and note[1 : 1 + len(parts)] == parts]

    def on_start(self, run: Run) -> None:
        """Note it."""
        self.log.append((self.name, "start", self.steps_seen))

    def on_epoch_start(self, run: Run) -> None:
        """Note the epoch."""
        self.log.append((self.name, "epoch start", run.epoch))

    def on_epoch_end(self, run: Run) -> None:
        """Note the epoch."""
        self.log.append((self.name, "epoch end", run.epoch))

    def on_step(self, run: Run) -> None:
        """Note the step, and act where it is time."""
        self.steps_seen += 1
        self.log.append((self.name, "step", run.step))
        if self.act is not None and run.step == self.at:
            self.act(run)

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Note the losses."""
        self.log.append((self.name, "log", run.step, dict(run.losses)))

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Note the scores."""
        self.log.append((self.name, "evaluation", name, dict(scores)))

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Note the path."""
        self.log.append((self.name, "checkpoint", run.step, path))

    def on_exception(self, run: Run, error: BaseException) -> None:
        """Note the class."""
        self.log.append((self.name, "exception", type(error).__name__))

    def on_end(self, run: Run, reason: str) -> None:
        """Note the reason."""
        self.log.append((self.name, "end", reason))

    def state(self) -> dict[str, Any]:
        """Return the number of steps."""
        return {"steps_seen": self.steps_seen}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take it back."""
        self.steps_seen = state["steps_seen"]


class Collector(Metric):
    """The samples of all batches, and the sum of their values.

    Args:
        plain: turns a tensor into nested lists.
    """

    input_ports = ports(value="B Channel:2", index="B ; Index")

    def __init__(self, *, plain: Any) -> None:
        self.plain = plain
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.indices: list[int] = []
        self.total = 0.0

    def update(self, **values: Any) -> None:
        """Keep a batch."""
        self.indices += self.plain(values["index"])
        self.total += sum(map(sum, self.plain(values["value"])))

    def compute(self) -> dict[str, float]:
        """Return the number of different samples, of all samples, and the sum."""
        return {"samples": float(len(set(self.indices))), "given": float(len(self.indices)), "total": self.total}

    def state(self) -> dict[str, Any]:
        """Return the collected numbers and their sum."""
        return {"indices": self.indices, "total": self.total}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take it back."""
        self.indices, self.total = list(state["indices"]), state["total"]

    def merge(self, other: Collector) -> None:
        """Add the batches of another."""
        self.indices += other.indices
        self.total += other.total
