"""Gradient accumulation: from a data layer to the micro-batches of one optimizer step that this process computes."""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nm_torch.data import DataLayer, EpochPlan, Loaded, MicroBatch, Request
from nm_torch.data.errors import UnreadableDataError
from nm_torch.engine.objective import Objective
from nm_torch.placement import to_device
from nm_torch.strategies import Strategy


class StepInputs(NamedTuple):
    """One micro-batch of a step, on the device.

    Attributes:
        arguments: of the lowered module.
        slot: its number in the step, over all ranks.
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
class StepBatch:
    """The micro-batches of one optimizer step.

    Attributes:
        epoch: its epoch.
        end: micro-batches of the epoch that are consumed with it, over all ranks.
        last: whether the epoch ends with it.
        micro_batches: those that this process computes.
        weights: of each loss term, then the number of samples, over this process's micro-batches.
    """

    epoch: int
    end: int
    last: bool
    micro_batches: list[StepInputs] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


class StepBatches:
    """Reads the batches of steps, in the order of the plan, from any position in it.

    Args:
        layer: the data layer.
        objective: says which values the lowered module takes and how each loss is weighted.
        strategy: says which share is this process's.
        seed: of the order.
        batches_per_step: micro-batches of a step, over all ranks.
        max_epochs: where the plan ends, if anywhere.

    Attributes:
        newest: the last batch that was read, for messages.
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
        self.argument_positions = [ports.index(tensor.port) for tensor in objective.plan.framework_inputs]
        self.weighers = [term.weigh for term in objective.terms]
        self.newest: StepBatch | None = None
        self._plans: dict[int, EpochPlan] = {}
        self._readable: Loaded | None = None

    def plan(self, epoch: int) -> EpochPlan:
        """Return the micro-batches of an epoch; the last two epochs are cached."""
        if epoch not in self._plans:
            # The stream reads ahead into the next epoch while the loop still asks about this one.
            self._plans = {number: plan for number, plan in self._plans.items() if number == epoch - 1}
            self._plans[epoch] = self.layer.plan_epoch(self.seed, epoch)
        return self._plans[epoch]

    def steps_per_epoch(self, epoch: int) -> int:
        """Return the number of optimizer steps of an epoch."""
        return math.ceil(len(self.plan(epoch)) / self.batches_per_step)

    def read(self, epoch: int, position: int) -> Generator[StepBatch, None, None]:
        """Yield batches from a micro-batch of an epoch on, epoch after epoch."""
        stream = self.layer.stream(self._requests(epoch, position), pin=self.strategy.device.type == "cuda")
        for number, start, micro_batches, last in self._spans(epoch, position):
            batch = StepBatch(number, start + len(micro_batches), last)
            self._fill(batch, micro_batches, stream)
            self.newest = batch
            yield batch

    def _spans(self, epoch: int, position: int) -> Iterator[tuple[int, int, list[MicroBatch], bool]]:
        while self.max_epochs is None or epoch < self.max_epochs:
            plan = self.plan(epoch)
            count = len(plan)
            for start in range(position, count, self.batches_per_step):
                stop = start + self.batches_per_step
                yield epoch, start, plan[start:stop], stop >= count
            epoch, position = epoch + 1, 0

    def _requests(self, epoch: int, position: int) -> Iterator[Request]:
        rank, world = self.strategy.rank, self.strategy.world_size
        for number, _, micro_batches, _ in self._spans(epoch, position):
            # A rank without a micro-batch of its own reads the first: it computes a copy of weight zero.
            for indices in micro_batches[rank::world] or micro_batches[:1]:
                yield Request(self.seed, number, indices)

    def _fill(self, batch: StepBatch, micro_batches: Sequence[MicroBatch], stream: Iterator[Loaded]) -> None:
        rank, world = self.strategy.rank, self.strategy.world_size
        batch.weights = weights = [0.0] * (len(self.weighers) + 1)
        for slot in range(rank, len(micro_batches), world):
            loaded = next(stream)
            if loaded.values is None:
                continue
            for term, weigh in enumerate(self.weighers):
                if weigh is not None:
                    weights[term] += weigh(loaded.values)
            weights[-1] += len(loaded.indices)
            batch.micro_batches.append(self._inputs(loaded, slot, copy=False))
            self._readable = loaded
        if world > 1:
            if rank >= len(micro_batches):
                self._readable = next(stream)
            # Every rank runs as many backward passes: each of them takes part in the collectives of the last one.
            while len(batch.micro_batches) < math.ceil(len(micro_batches) / world):
                batch.micro_batches.append(self._inputs(self._any_readable(batch.epoch), rank, copy=True))

    def _inputs(self, loaded: Loaded, slot: int, *, copy: bool) -> StepInputs:
        assert loaded.values is not None
        values = loaded.values
        device = self.strategy.device
        arguments = tuple([values[position] for position in self.argument_positions])
        if device.type != "cpu":
            arguments = tuple([to_device(value, device) for value in arguments])
        return StepInputs(arguments, slot, 0 if copy else len(loaded.indices), copy, loaded.indices)

    def _any_readable(self, epoch: int) -> Loaded:
        """Return some micro-batch that can be read, for a process that has none of its own in this step."""
        if self._readable is not None and self._readable.values is not None:
            return self._readable
        for indices in self.plan(epoch):
            loaded = self.layer.read(Request(self.seed, epoch, indices))
            if loaded.values is not None:
                return loaded
        raise UnreadableDataError(f"{self.layer.name}: no sample of epoch {epoch} can be read.\n{self.layer.report()}")
