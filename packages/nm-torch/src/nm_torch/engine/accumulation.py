"""From a data layer to windows: the micro-batches of one update that this process computes, with their weights."""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nm_torch.data import DataLayer, Loaded, MicroBatch, Request
from nm_torch.data.errors import UnreadableDataError
from nm_torch.engine.objective import Objective
from nm_torch.strategies import Strategy


class Micro(NamedTuple):
    """One micro-batch of a window.

    Attributes:
        arguments: of the lowered module, on its device.
        slot: its place in the window, over all ranks.
        samples: how many samples count: none in a copy that only keeps processes in step.
        copy: whether it is such a copy.
        indices: numbers of its samples.
    """

    arguments: tuple[Any, ...]
    slot: int
    samples: int
    copy: bool
    indices: tuple[int, ...]


@dataclass(slots=True)
class Window:
    """The micro-batches of one update.

    Attributes:
        epoch: the epoch it is of.
        end: micro-batches of the epoch that are consumed with it, over all ranks.
        last: whether the epoch ends with it.
        micros: those that this process computes.
        sums: the weight of each term, then the number of samples, over this process's micro-batches.
    """

    epoch: int
    end: int
    last: bool
    micros: list[Micro] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)


class WindowFeed:
    """Reads windows, in the order of the plan, from any place in it.

    Args:
        layer: the data layer.
        objective: says which values the lowered module takes and what each loss weighs.
        strategy: says which share is this process's.
        seed: of the order.
        batches_per_step: micro-batches of a window, over all ranks.
        max_epochs: where the plan ends, if anywhere.
    """

    def __init__(
        self,
        layer: DataLayer,
        objective: Objective,
        strategy: Strategy,
        *,
        seed: int,
        batches_per_step: int,
        max_epochs: int | None,
    ) -> None:
        self.layer = layer
        self.strategy = strategy
        self.seed = seed
        self.batches_per_step = batches_per_step
        self.max_epochs = max_epochs
        ports = list(objective.source.types)
        self.places = [ports.index(tensor.port) for tensor in objective.plan.framework_inputs]
        self.weighers = [term.weigh for term in objective.terms]
        self._plans: dict[int, list[MicroBatch]] = {}
        self._spare: Loaded | None = None

    def plan(self, epoch: int) -> list[MicroBatch]:
        """Return the micro-batches of an epoch; the last two epochs asked for are remembered."""
        if epoch not in self._plans:
            self._plans = {known: plan for known, plan in self._plans.items() if known == epoch - 1}
            self._plans[epoch] = self.layer.plan_epoch(self.seed, epoch)
        return self._plans[epoch]

    def steps(self, epoch: int) -> int:
        """Return the number of windows of an epoch."""
        return math.ceil(len(self.plan(epoch)) / self.batches_per_step)

    def windows(self, epoch: int, position: int) -> Generator[Window, None, None]:
        """Yield windows from a micro-batch of an epoch on, epoch after epoch."""
        stream = self.layer.stream(self._requests(epoch, position), pin=self.strategy.device.type == "cuda")
        for number, start, micro_batches, last in self._spans(epoch, position):
            window = Window(number, start + len(micro_batches), last)
            self._fill(window, micro_batches, stream)
            yield window

    def _spans(self, epoch: int, position: int) -> Iterator[tuple[int, int, list[MicroBatch], bool]]:
        while self.max_epochs is None or epoch < self.max_epochs:
            plan = self.plan(epoch)
            for start in range(position, len(plan), self.batches_per_step):
                stop = start + self.batches_per_step
                yield epoch, start, plan[start:stop], stop >= len(plan)
            epoch, position = epoch + 1, 0

    def _requests(self, epoch: int, position: int) -> Iterator[Request]:
        rank, world = self.strategy.rank, self.strategy.world_size
        for number, _, micro_batches, _ in self._spans(epoch, position):
            for indices in micro_batches[rank::world] or micro_batches[:1]:
                yield Request(self.seed, number, indices)

    def _fill(self, window: Window, micro_batches: Sequence[MicroBatch], stream: Iterator[Loaded]) -> None:
        rank, world = self.strategy.rank, self.strategy.world_size
        window.sums = sums = [0.0] * (len(self.weighers) + 1)
        for slot in range(rank, len(micro_batches), world):
            loaded = next(stream)
            if loaded.values is None:
                continue
            for place, weigh in enumerate(self.weighers):
                if weigh is not None:
                    sums[place] += weigh(loaded.values)
            sums[-1] += len(loaded.indices)
            window.micros.append(self._micro(loaded, slot, copy=False))
            self._spare = loaded
        if world > 1:
            if rank >= len(micro_batches):
                self._spare = next(stream)
            while len(window.micros) < math.ceil(len(micro_batches) / world):
                window.micros.append(self._micro(self._readable(window.epoch), rank, copy=True))

    def _micro(self, loaded: Loaded, slot: int, *, copy: bool) -> Micro:
        assert loaded.values is not None
        values = loaded.values
        device = self.strategy.device
        arguments = tuple([values[place] for place in self.places])
        if device.type != "cpu":
            arguments = tuple([moved(value, device) for value in arguments])
        return Micro(arguments, slot, 0 if copy else len(loaded.indices), copy, loaded.indices)

    def _readable(self, epoch: int) -> Loaded:
        """Return some micro-batch that can be read, for a process that has none of its own in this window."""
        if self._spare is not None and self._spare.values is not None:
            return self._spare
        for indices in self.plan(epoch):
            loaded = self.layer.read(Request(self.seed, epoch, indices))
            if loaded.values is not None:
                return loaded
        raise UnreadableDataError(f"{self.layer.name}: no sample of epoch {epoch} can be read.\n{self.layer.report()}")


def moved(value: Any, device: torch.device) -> Any:
    """Return a value on a device, if it is a tensor."""
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
