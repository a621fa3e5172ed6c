"""`TorchBackend`: what nm-core asks of a framework, done with PyTorch."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nm_core import LoadedWeights, NeuralModule, NmError, NmTensor, Plan, TrainingResult
from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
from nm_core.graphs.run_time_check import Observed
from nm_torch import weights
from nm_torch.engine.evaluation import evaluate
from nm_torch.engine.inference import infer
from nm_torch.engine.randomness import seed_by_name
from nm_torch.engine.runtime import Runtime
from nm_torch.engine.train_loop import TrainLoop
from nm_torch.engine.training_state import TrainingState, check_request
from nm_torch.lowering import Lowered, lower
from nm_torch.optim import resolve_optimizer, resolve_policy
from nm_torch.placement import parse_placement
from nm_torch.strategies import check_strategy
from nm_torch.values import convert_value, extremes, observe


class TorchBackend:
    """The PyTorch backend.

    Example:
        >>> from nm_core.actions.requests import Settings
        >>> session = TorchBackend().open(Settings(placement="cpu", precision="bf16"))
        >>> session.runtime.precision.name
        'bf16'
    """

    def open(self, settings: Settings) -> "TorchSession":
        """Begin to work for a factory."""
        return TorchSession(settings)

    def check_training(self, optimizer: Any, policy: Any, extra: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return the errors of an optimizer and a policy, by their key in the train section of an application.

        Args:
            extra: where the optimizers and the policies of collections are, by name.
        """
        problems = {}
        for key, spec, resolve, plugins in (
            ("optimizer", optimizer, resolve_optimizer, extra.get("optimizers")),
            ("policy", policy, resolve_policy, extra.get("policies")),
        ):
            try:
                resolve(spec, extra=plugins)
            except NmError as error:
                problems[key] = str(error)
        return problems

    def check_engine(self, options: Mapping[str, str], extra: Collection[str]) -> dict[str, str]:
        """Return the errors of the options placement and strategy of an application, whatever this machine has.

        Args:
            extra: names of the strategies of collections.
        """
        problems = {}
        for key, check in (("placement", parse_placement), ("strategy", lambda name: check_strategy(name, extra))):
            try:
                check(options[key])
            except NmError as error:
                problems[key] = str(error)
        return problems

    def weight_shapes(self, make: Callable[[], Sequence[NeuralModule]]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of modules that a function makes, where possible without their values."""
        try:
            with torch.device("meta"):
                modules = make()
        except (NotImplementedError, RuntimeError):  # a constructor that looks at values needs real ones
            with seed_by_name(0, ""):
                modules = make()
        return {
            f"{module.name}.{name}": tuple(tensor.shape)
            for module in modules
            for name, tensor in weights.state(module).items()
        }


class TorchSession:
    """PyTorch at work for one factory.

    It holds the trainings of the factory, by their losses, so that `train` again goes on; nothing is process-wide.

    Args:
        settings: of the factory.
    """

    def __init__(self, settings: Settings) -> None:
        self.runtime = Runtime(settings)
        self.trainings: dict[tuple[NmTensor, ...], TrainingState] = {}

    def lower(self, plan: Plan) -> Lowered:
        """Return the framework segment of a plan as one plain module."""
        return lower(plan)

    @property
    def versions(self) -> dict[str, str]:
        """The version of PyTorch, for the log of a run."""
        return {"torch": torch.__version__}

    @property
    def rank(self) -> int:
        """The number of this process among those of a run."""
        return self.runtime.strategy.rank

    def share(self, value: Any) -> Any:
        """Return the plain data that rank 0 passes; every process takes part."""
        return self.runtime.strategy.gather(value)[0]

    def train(self, request: TrainRequest) -> TrainingResult:
        """Train until the request's end; go on where an earlier call on the same losses stopped."""
        check_request(request)
        if request.restart and (former := self.trainings.pop(request.losses, None)) is not None:
            former.restore_initial_weights()
        training = self.trainings.get(request.losses) or TrainingState(self.runtime, request)
        try:
            training.accept(request, self.runtime)
            return TrainLoop(training, self.runtime, request).train()
        finally:
            # A training that failed before its first update has nothing to go on from.
            if training.step or training.skipped:
                self.trainings[request.losses] = training

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of the request's metrics."""
        return evaluate(self.runtime, request)

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample; nothing is computed before it requested."""
        return infer(self.runtime, request)

    def convert_value(self, value: Any, family: str | None) -> Tensor:
        """Return an array, a tensor or nested lists of numbers as a tensor."""
        return convert_value(value, family)

    def observe(self, value: Any) -> Observed | None:
        """Return the shape of a tensor and the family of its numbers; None for any other value."""
        return observe(value)

    def extremes(self, value: Tensor) -> tuple[float, float]:
        """Return the smallest and the largest number of a tensor; nan where one is not finite."""
        return extremes(value)

    def seeded(self, seed: int, name: str) -> AbstractContextManager[None]:
        """Make weights created inside depend on `seed` and `name` only, and restore the caller's generator."""
        return seed_by_name(seed, name)

    def seed_generator(self, seed: int) -> None:
        """Seed torch's generators, as `torch.manual_seed` does."""
        torch.manual_seed(seed)

    def save_weights(self, module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
        """Write a module's weights to a safetensors file, but for those that another file holds."""
        weights.save_weights(module, path, without=without)

    def weights_fingerprint(self, module: NeuralModule) -> tuple[float, ...]:
        """Return numbers that change when a weight or a buffer of a module does."""
        return weights.fingerprint(module)

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

    def set_evaluation_mode(self, module: NeuralModule) -> None:
        """Put a module into evaluation mode."""
        if isinstance(module, nn.Module):  # sources and what runs in Python have no modes
            module.eval()

    def tie(self, modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
        """Make two weights, named `module.weight`, one."""
        weights.tie(modules, first, second)

    def freeze(self, modules: Mapping[str, NeuralModule], pattern: str) -> int:
        """Stop the weights that match a pattern (`encoder.**`) from learning; return how many match."""
        return weights.freeze(modules, pattern)
