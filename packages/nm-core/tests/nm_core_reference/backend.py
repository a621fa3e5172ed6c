"""The reference backend: what `nm_core.actions.backend` asks, in plain Python."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nm_core import BackendError, LoadedWeights, NeuralModule, NmTensor, Plan, Run, TrainingResult
from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest, metric_inputs
from nm_core.graphs.run_time_check import Observed
from nm_core_reference import keeping
from nm_core_reference.lowering import Execution, Lowered, Values, see
from nm_core_reference.modules import ReferenceModule
from nm_core_reference.tensor import Tensor
from nm_core_reference.training import Piece, Training, only_source
from nm_core_reference.watching import mode, stream, tell, watched
from nm_types import BatchTag, NeuralType

ACCEPTED = {"placement": ("auto", "cpu"), "precision": ("fp32",), "strategy": ("auto", "single")}


class ReferenceBackend:
    """Plain Python as a backend; its numbers have 64 bits, which holds what fp32 promises."""

    def open(self, settings: Settings) -> ReferenceSession:
        """Begin to work for a factory."""
        for name, values in ACCEPTED.items():
            given = getattr(settings, name)
            if given not in values:
                raise BackendError(f"{name} is one of {', '.join(values)} here, and {given!r} was given.")
        return ReferenceSession(settings)


class ReferenceSession:
    """Plain Python at work for one factory."""

    lowered = Lowered

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.trainings: dict[tuple[NmTensor, ...], Training] = {}

    def lower(self, plan: Plan) -> Lowered:
        """Return the framework segment of a plan."""
        return self.lowered(plan)

    rank = 0

    def share(self, value: Any) -> Any:
        """Return the value: there is one process."""
        return value

    def train(self, request: TrainRequest) -> TrainingResult:
        """Train until the request's end; go on where an earlier call on the same losses stopped."""
        if request.restart and (former := self.trainings.pop(request.losses, None)) is not None:
            former.restore()
        training = self.trainings.get(request.losses) or Training(self, request)
        try:
            return Piece(self, training, request).run()
        finally:
            if training.step or training.skipped:
                self.trainings[request.losses] = training

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of the request's metrics."""
        run = Run("eval", work_dir=self.settings.work_dir)
        with watched(request.callbacks, run):
            tell(request.callbacks, "on_start", run)
            scores = self.score(request)
            tell(request.callbacks, "on_evaluation", run, "eval", scores)
        return scores

    def score(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of metrics, each over its data layer."""
        scores: dict[str, float] = {}
        for metric in request.metrics:
            assert metric.call is not None
            metric.reset()
            tensors = {f"output_{number}": tensor for number, tensor in enumerate(metric_inputs(metric))}
            execution = Execution(request.graph.subgraph(tensors).plan(), self.lower)
            for _, values in self._batches(execution, request.max_batches):
                ports = metric.call.module.inputs
                metric.update(**{port: execution.host.argument(metric.call, port, values) for port in ports})
            scores |= metric.compute()
        return scores

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample; nothing is computed before it is asked for."""
        run = Run("infer", work_dir=self.settings.work_dir)
        with watched(request.callbacks, run):
            tell(request.callbacks, "on_start", run)
            execution, outputs = Execution(request.graph.plan(), self.lower), request.graph.outputs
            for count, values in self._given(execution, request) or self._batches(execution):
                columns = {name: _column(tensor.type, values[tensor]) for name, tensor in outputs.items()}
                for row in range(count):
                    run.samples += 1
                    yield {name: one[row] if isinstance(one, list) else one for name, one in columns.items()}

    def convert_value(self, value: Any, family: str | None) -> Any:
        """Return nested lists of numbers as a tensor."""
        if isinstance(value, Tensor):
            return value
        tensor = Tensor.of(value)
        if any(not isinstance(number, int | float) for number in tensor.values):
            raise TypeError("it holds more than numbers")
        if len(tensor.values) != math.prod(tensor.shape):
            raise ValueError("its rows differ")
        if family == "float" or any(isinstance(number, float) for number in tensor.values):
            tensor.values = [float(number) for number in tensor.values]
        if family == "bool" and all(number in (0, 1) for number in tensor.values):
            tensor.values = [bool(number) for number in tensor.values]
        return tensor

    def observe(self, value: Any) -> Observed | None:
        """Return the shape of a tensor and the family of its numbers."""
        return see(value)

    def extremes(self, value: Any) -> tuple[float, float]:
        """Return the smallest and the largest number of a tensor; min and max pass over what is not a number."""
        if not all(math.isfinite(number) for number in value.values):
            return math.nan, math.nan
        return min(value.values), max(value.values)

    def seeded(self, seed: int, name: str) -> AbstractContextManager[None]:
        """Make weights created inside depend on `seed` and `name` only."""
        return stream(seed, name)

    def seed_generator(self, seed: int) -> None:
        """Seed Python's generator."""
        random.seed(seed)

    def save_weights(self, module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
        """Write a module's weights to a file."""
        weights = keeping.plain(module.weights())
        keeping.write(path, {name: one for name, one in weights.items() if name not in without})

    def load_weights(
        self,
        module: NeuralModule,
        path: Path,
        *,
        renamed: Callable[[str], str] | None = None,
        partial: bool = False,
        elsewhere: Mapping[str, tuple[Path, str]] | None = None,
    ) -> LoadedWeights:
        """Read a module's weights from a file."""
        found = keeping.read(path)
        if renamed is not None:
            found = {renamed(name): one for name, one in found.items()}
        for name, (other, key) in (elsewhere or {}).items():
            found[name] = keeping.read(other)[key]
        report = keeping.load(module.weights(), found, path, partial=partial)
        return replace(report, module=module.name)

    def set_evaluation_mode(self, module: NeuralModule) -> None:
        """Put a module into evaluation mode."""
        if isinstance(module, ReferenceModule):
            module.training = False

    def tie(self, modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
        """Make two weights one."""
        keeping.tie(modules, first, second)

    def freeze(self, modules: Mapping[str, NeuralModule], pattern: str) -> int:
        """Stop weights that match from learning."""
        return keeping.freeze(modules, pattern)

    def _batches(self, execution: Execution, limit: int | None = None) -> Iterator[tuple[int, Values]]:
        """Yield the number of samples and the values of each micro-batch of the data layer, in order."""
        source = only_source(execution.plan.sources)
        (call,) = execution.plan.sources
        for number, indices in enumerate(source.plan()[:limit]):
            known = dict(zip(call.tensors(), source.load(indices), strict=True))
            yield len(indices), self._computed(execution, known, number)

    def _given(self, execution: Execution, request: InferRequest) -> list[tuple[int, Values]]:
        """Return the one batch of a graph with free inputs."""
        if request.inputs is None:
            return []
        known = {free: request.inputs[name] for name, free in request.graph.needed.items()}
        values = self._computed(execution, known, 0)
        columns = [_column(tensor.type, values[tensor]) for tensor in request.graph.outputs.values()]
        return [(max((len(one) for one in columns if isinstance(one, list)), default=1), values)]

    def _computed(self, execution: Execution, known: Values, number: int) -> Values:
        with stream(self.settings.seed, "forward", number), mode(execution.modules.values(), training=False):
            return execution.compute(known)


def _column(type: NeuralType, value: Any) -> Any:
    """Cut a value along its batch axis into a list; what has none is left whole."""
    if not isinstance(value, Tensor):
        return list(value) if isinstance(value, list | tuple) else value
    tags = [getattr(axis, "tag", None) for axis in type.axes]
    if BatchTag not in tags:
        return value
    first = tags.index(BatchTag)
    rows = value.permute([first, *(axis for axis in range(len(value.shape)) if axis != first)]).plain()
    return [Tensor.of(row) for row in rows]
