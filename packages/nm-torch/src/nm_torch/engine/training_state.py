"""`TrainingState`: weights, optimizer, loss scale and counters that one call of `train` leaves to the next."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nm_core import GraphError
from nm_core.actions.requests import TrainRequest
from nm_torch.data import DataLayer
from nm_torch.engine.meters import LossMeter
from nm_torch.engine.objective import Objective
from nm_torch.engine.resume_changes import PlannedRate, rate_notes
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import TrainingError
from nm_torch.lowering import lower
from nm_torch.optim import Policy, Schedule
from nm_torch.precision import LossScale
from nm_torch.weights import check_weights_exist


class TrainingState:
    """The training of some losses, from its first update on.

    Args:
        runtime: where it computes.
        request: names the losses and the optimizer.

    Attributes:
        step, epoch, position, samples, skipped: updates applied, the epoch begun, micro-batches of it consumed, samples
            consumed, updates left out.
    """

    def __init__(self, runtime: Runtime, request: TrainRequest) -> None:
        self.objective = Objective(request.graph)
        layer = self.objective.source.module
        if not isinstance(layer, DataLayer):
            raise GraphError(f"{layer.name} is a {type(layer).__name__}; the data of a training is a DataLayer.")
        self.layer = layer
        self.strategy = runtime.strategy
        self.precision = runtime.precision
        self.seed = runtime.settings.seed
        # Moved before the optimizer is built, which chooses its kernels by the devices of its parameters.
        lowered = lower(self.objective.plan, totals=self.objective.total_calls)
        check_weights_exist(lowered)
        self.lowered = lowered.to(self.strategy.device)
        # On the host, whatever the device: it is needed for `restart` alone, and never while a step computes.
        self.initial_weights = {name: value.detach().cpu().clone() for name, value in self._weights().items()}
        self.optimizer_spec = runtime.resolve_optimizer(request.optimizer)
        self.optimizer = self.optimizer_spec.build(self.lowered.named_parameters())
        self.scale = LossScale() if self.precision.scaled else None
        self.meter = LossMeter(self.objective)
        self.step = self.epoch = self.position = self.samples = self.skipped = 0
        self.batches_per_step = request.batches_per_step
        self.application: Mapping[str, Any] | None = request.application
        self.reported = False
        self.gradient_clip_norm: float | None = None
        self.non_finite = "error"
        self.planned_rate: PlannedRate | None = None
        self.schedule: tuple[Policy, Schedule, int | None] | None = None

    @torch.no_grad()
    def restore_initial_weights(self) -> None:
        """Give the modules the weights and buffers back with which this training began."""
        for name, value in self._weights().items():
            value.copy_(self.initial_weights[name])

    def _weights(self) -> dict[str, Tensor]:
        """Return parameters and buffers by name, those included that no checkpoint holds."""
        return {**dict(self.lowered.named_parameters()), **dict(self.lowered.named_buffers())}

    def accept(self, request: TrainRequest, runtime: Runtime) -> None:
        """Take over what a call of `train` may change.

        Raises:
            TrainingError: the request has another optimizer.
        """
        if runtime.resolve_optimizer(request.optimizer) != self.optimizer_spec:
            raise TrainingError(
                f"this training goes on with {self.optimizer_spec},"
                f" and the optimizer {request.optimizer!r} was given.\n"
                "  Give the same one, or begin anew with restart=True."
            )
        self.batches_per_step = request.batches_per_step
        self.application = request.application
        self.gradient_clip_norm, self.non_finite = request.gradient_clip_norm, request.non_finite

    def set_schedule(self, policy: Policy, updates: int | None) -> list[str]:
        """Set the learning rates of the next updates; return notes on what goes on otherwise than it would have.

        Args:
            updates: the length of the whole training, where it is known.
        """
        planned = self.next_rate()
        schedule = Schedule(self.optimizer, policy, updates)
        self.schedule, self.planned_rate = (policy, schedule, updates), None
        return [] if planned is None or not self.step else rate_notes(planned, policy, schedule, self.step, updates)

    def next_rate(self) -> PlannedRate | None:
        """Return the learning rate with which the training is about to go on, once it is known."""
        if self.planned_rate is not None or self.schedule is None:
            return self.planned_rate
        policy, schedule, updates = self.schedule
        return PlannedRate(schedule.rate(self.step), repr(policy), updates)


def check_request(request: TrainRequest) -> None:
    """Refuse options of a training that are out of their range.

    Raises:
        TrainingError: one of them is.
    """
    for problem in request.problems():
        raise TrainingError(problem)
    if request.max_epochs is None and request.max_steps is None:
        raise TrainingError("a training needs an end: give max_epochs or max_steps.")
    if request.restart and request.resume is not None:
        raise TrainingError("restart=True begins anew and resume goes on from a checkpoint: give one of them.")
