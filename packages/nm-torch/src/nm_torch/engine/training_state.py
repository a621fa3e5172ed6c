"""Training: what one call of `train` hands to the next on the same losses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nm_core import GraphError, TrainingResult
from nm_core.actions.requests import TrainRequest
from nm_torch.data import DataLayer
from nm_torch.engine.meters import LossMeter
from nm_torch.engine.objective import Objective
from nm_torch.engine.train_loop import Piece
from nm_torch.errors import TrainingError
from nm_torch.lowering import lower
from nm_torch.optim import FunctionOptimizer, OptimizerSpec, resolve_optimizer
from nm_torch.precision import LossScale, Precision
from nm_torch.strategies import Strategy

if TYPE_CHECKING:
    from nm_torch.backend import TorchSession


class Training:
    """The training of some losses, from its first update on; each call of `train` makes a piece of it.

    Attributes:
        step, epoch, position, samples, skipped: updates applied, the epoch begun, micro-batches of it consumed, samples
            consumed, updates left out.
    """

    def __init__(self, session: "TorchSession", request: TrainRequest) -> None:
        self.objective = Objective(request.losses)
        layer = self.objective.source.module
        if not isinstance(layer, DataLayer):
            raise GraphError(f"{layer.name} is a {type(layer).__name__}; the data of a training is a DataLayer.")
        self.layer = layer
        self.strategy: Strategy = session.strategy
        self.precision: Precision = session.precision
        self.seed = session.settings.seed
        self.lowered = lower(self.objective.plan, totals=self.objective.totalled).to(self.strategy.device)
        self.optimizer_spec = _description(request, session)
        self.optimizer = self.optimizer_spec.build(self.lowered.named_parameters())
        self.scale = LossScale() if self.precision.scaled else None
        self.meter = LossMeter(self.objective)
        self.step = self.epoch = self.position = self.samples = self.skipped = 0
        self.batches_per_step = request.batches_per_step
        self.application: Mapping[str, Any] | None = request.application
        self.remarked = False

    def run(self, session: "TorchSession", request: TrainRequest) -> TrainingResult:
        """Train until the request's end."""
        if _description(request, session) != self.optimizer_spec:
            raise TrainingError(
                f"this training goes on with {self.optimizer_spec},"
                f" and the optimizer {request.optimizer!r} was given.\n"
                "  Give the same one, or begin anew with restart=True."
            )
        self.batches_per_step = request.batches_per_step
        self.application = request.application
        return Piece(self, session, request).run()


def _description(request: TrainRequest, session: "TorchSession") -> OptimizerSpec | FunctionOptimizer:
    return resolve_optimizer(request.optimizer, extra=session.plugins("optimizers", request.optimizer))


def check_request(request: TrainRequest) -> None:
    """Refuse numbers that mean nothing.

    Raises:
        TrainingError: one of them is out of its range.
    """
    for name in ("max_epochs", "max_steps", "batches_per_step", "log_every"):
        value = getattr(request, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise TrainingError(f"{name} is a whole number from 1, and {value!r} was given.")
    clip = request.gradient_clip_norm
    if clip is not None and not clip > 0:
        raise TrainingError(f"gradient_clip_norm is a number above 0, and {clip!r} was given.")
    if request.non_finite not in ("error", "skip"):
        raise TrainingError(f'non_finite is "error" or "skip", and {request.non_finite!r} was given.')
    if request.max_epochs is None and request.max_steps is None:
        raise TrainingError("a training needs an end: give max_epochs or max_steps.")
