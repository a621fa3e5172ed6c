"""`TorchBackend`: what nm-core asks of a framework, done with PyTorch."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from nm_core import LoadedWeights, Metric, NeuralModule, NmError, NmTensor, Plan, Run, TrainingResult
from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
from nm_torch import weights
from nm_torch.engine import evaluation, inference, randomness
from nm_torch.engine.hooks import Hooks, call_all
from nm_torch.engine.training_state import Training, check_request
from nm_torch.errors import TrainingError
from nm_torch.lowering import Lowered, lower
from nm_torch.optim import resolve_optimizer, resolve_policy
from nm_torch.placement import resolve_device
from nm_torch.precision import Precision, resolve_precision
from nm_torch.strategies import Strategy, local_rank, resolve_strategy


class TorchBackend:
    """The PyTorch backend."""

    def open(self, settings: Settings) -> "TorchSession":
        """Begin to work for a factory."""
        return TorchSession(settings)

    def check_training(self, optimizer: Any, policy: Any, extra: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return what is wrong with an optimizer and a policy, by their key in the train section of an application.

        Args:
            extra: where the optimizers and the policies of collections are, by name.
        """
        problems = {}
        for key, given, resolve, more in (
            ("optimizer", optimizer, resolve_optimizer, extra.get("optimizers")),
            ("policy", policy, resolve_policy, extra.get("policies")),
        ):
            try:
                resolve(given, extra=more)
            except NmError as error:
                problems[key] = str(error)
        return problems

    def weight_shapes(self, make: Callable[[], Sequence[NeuralModule]]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of modules that a function makes, where possible without their values."""
        try:
            with torch.device("meta"):
                modules = make()
        except (NotImplementedError, RuntimeError):  # a constructor that looks at values needs real ones
            with randomness.seeded(0, ""):
                modules = make()
        return {
            f"{module.name}.{name}": tuple(tensor.shape)
            for module in modules
            for name, tensor in weights.state(module).items()
        }


class TorchSession:
    """PyTorch at work for one factory.

    It keeps the trainings of the factory, by their losses, so that `train` again goes on; nothing is process-wide.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.trainings: dict[tuple[NmTensor, ...], Training] = {}
        device = resolve_device(settings.placement, local_rank())
        self.precision: Precision = resolve_precision(settings.precision, device)

    @cached_property
    def strategy(self) -> Strategy:
        """How processes work together; they are joined when an action first needs them."""
        name = self.settings.strategy
        return resolve_strategy(name, self.precision.device, self.plugins("strategies", name))

    def plugins(self, what: str, given: object) -> dict[str, str]:
        """Return where a plugin's optimizer, policy or strategy is that a user names, by its name.

        Raises:
            ConflictError: several collections offer the name.
        """
        name = given.get("name") if isinstance(given, Mapping) else given
        collections = self.settings.collections
        if collections is None or not isinstance(name, str) or name not in collections.names(what):
            return {}
        return {name: collections.target(what, name)}

    def lower(self, plan: Plan) -> Lowered:
        """Return the framework segment of a plan as one plain module."""
        return lower(plan)

    def train(self, request: TrainRequest) -> TrainingResult:
        """Train until the request's end; go on where an earlier call on the same losses stopped."""
        check_request(request)
        if request.restart and request.resume is not None:
            raise TrainingError("restart=True begins anew and resume goes on from a checkpoint: give one of them.")
        if request.restart:
            self.trainings.pop(request.losses, None)
        training = self.trainings.get(request.losses) or Training(self, request)
        try:
            return training.run(self, request)
        finally:
            if training.step or training.skipped:  # one that failed before its first update is no one's past
                self.trainings[request.losses] = training

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of the request's metrics."""
        hooks = Hooks(request.callbacks)
        run = Run("eval", rank=self.strategy.rank, world_size=self.strategy.world_size, work_dir=self.settings.work_dir)
        reason = "failed"
        try:
            call_all(hooks.start, run)
            scores = self.score(request.metrics, request.max_batches)
            call_all(hooks.evaluation, run, "eval", scores)
            reason = "finished"
        except BaseException as error:
            hooks.failed(run, error)
            raise
        finally:
            hooks.ended(run, reason)
        return scores

    def score(self, metrics: Sequence[Metric], max_batches: int | None = None) -> dict[str, float]:
        """Return the scores of bound metrics over their data layers."""
        return evaluation.score(self, metrics, max_batches)

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample; nothing is computed before it is asked for."""
        return inference.records(self, request)

    def seeded(self, seed: int, name: str) -> AbstractContextManager[None]:
        """Make weights created inside depend on `seed` and `name` only, and give the caller's generator back."""
        return randomness.seeded(seed, name)

    def save_weights(self, module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
        """Write a module's weights to a safetensors file, but for those that another file holds."""
        weights.save_weights(module, path, without=without)

    def load_weights(
        self,
        module: NeuralModule,
        path: Path,
        *,
        renamed: Callable[[str], str] | None = None,
        partial: bool = False,
        elsewhere: Mapping[str, tuple[Path, str]] | None = None,
    ) -> LoadedWeights:
        """Read a module's weights from safetensors files, and refuse what does not fit unless `partial`."""
        return weights.load_weights(module, path, renamed=renamed, partial=partial, elsewhere=elsewhere)

    def tie(self, modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
        """Make two weights, named `module.weight`, one."""
        weights.tie(modules, first, second)

    def freeze(self, modules: Mapping[str, NeuralModule], pattern: str) -> int:
        """Stop the weights that match a pattern (`encoder.**`) from learning; return how many match."""
        return weights.freeze(modules, pattern)
