"""`ForwardPass`: a graph on micro-batches, the framework segment on its device and the host suffix on CPU copies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

from nm_core import Graph, GraphError, NeuralModule, NmTensor, Plan
from nm_core.graphs.calls import permute
from nm_core.graphs.open_checks import checks
from nm_core.graphs.sources import find_only_source
from nm_core.symbols.tensor import Call, ConstantInput
from nm_torch.data import DataLayer
from nm_torch.data.memory import describe_values, explain_memory, is_out_of_memory
from nm_torch.engine.raising_module import note_module
from nm_torch.engine.randomness import Draws, shared_generator, stream_seed
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import OutOfMemoryError
from nm_torch.lowering import lower
from nm_torch.lowering.shape_checks import shape_check
from nm_torch.modes import evaluation_mode, is_settled
from nm_torch.placement import to_device, to_host
from nm_torch.values import float_weight, to_float
from nm_torch.weights import check_weights_exist
from nm_types import BatchTag


class ForwardPass:
    """A graph made ready to compute values without gradients.

    Args:
        graph: the outputs to compute.
        runtime: device, precision and seed of its framework segment.
    """

    def __init__(self, graph: Graph, runtime: Runtime) -> None:
        self.graph = graph
        self.plan = graph.plan()
        self.device = runtime.strategy.device
        self.precision = runtime.precision
        self.seed = runtime.settings.seed
        self.first_seed = stream_seed(self.seed, 0, 0)
        self.numerics = runtime.numerics
        self.is_plain = self.numerics is None and self.precision.autocast is None
        self.generator = shared_generator(self.device)
        self.draws = Draws()
        self.lowered = lower(self.plan) if self.plan.framework else None
        if self.lowered is not None:
            check_weights_exist(self.lowered)
            _leave_training(self.lowered)
        self.weight = None if self.lowered is None else float_weight(self.lowered)
        host_inputs = {tensor for call in self.plan.host for tensor in call.sources_of_inputs()}
        self.used_on_host = host_inputs | set(self.plan.outputs.values())
        names = {tensor: name for name, tensor in self.plan.inputs.items()}
        self.argument_names = [names.get(tensor, "") for tensor in self.plan.framework_inputs]
        self.positions = _positions(self.plan)
        self.columns = {name: _batch_axis(tensor) for name, tensor in graph.outputs.items()}
        open_calls = checks(self.plan)
        self.checks = {call: shape_check(call, open_calls.get(call)) for call in self.plan.host}

    @property
    def layer(self) -> DataLayer:
        """The one data layer of the graph.

        Raises:
            GraphError: there is none, or several, or a source that is no data layer.
        """
        layer = find_only_source(self.plan.calls, self.graph.name).module
        if not isinstance(layer, DataLayer):
            raise GraphError(f"{layer.name} is a {type(layer).__name__}, and samples come from a DataLayer.")
        return layer

    def bind_layer(self, values: Sequence[Any]) -> dict[NmTensor, Any]:
        """Return the values of the data layer by tensor."""
        return dict(zip(self.plan.sources[0].tensors(), values, strict=True))

    def bind_inputs(self, values: Mapping[str, Any]) -> dict[NmTensor, Any]:
        """Return values of the graph's free inputs by tensor, floats in the type of the weights that take them."""
        dtype = None if self.weight is None else self.weight.dtype
        return {
            tensor: to_float(value, dtype)
            for name, tensor in self.plan.inputs.items()
            if (value := values.get(name)) is not None
        }

    def compute(self, inputs: Mapping[NmTensor, Any], number: int) -> dict[NmTensor, Any]:
        """Return the values of the graph's outputs for one micro-batch, tensors on the CPU and no half types.

        Any number of threads may do so at once.

        Args:
            inputs: values of the data layer or of free inputs.
            number: the micro-batch's, which seeds the random stream of its modules.
        """
        # Values that no host module takes are dropped here, and do not outlive the framework segment.
        values = {tensor: to_host(value) for tensor, value in inputs.items() if tensor in self.used_on_host}
        with torch.no_grad():
            if self.lowered is not None:
                arguments = [to_device(inputs.get(tensor), self.device) for tensor in self.plan.framework_inputs]
                results = self._run_lowered(self.lowered, arguments, number)
                outputs = self.plan.framework_outputs
                for tensor, value in zip(outputs, (results,) if len(outputs) == 1 else results, strict=True):
                    values[tensor] = to_host(value)
            for call in self.plan.host:
                values |= self._run_on_host(call, values)
        return values

    def compute_given(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values of the graph's outputs for one micro-batch of values for its free inputs.

        Args:
            given: by the names of the free inputs, as tensors of any floats.
        """
        if self.positions is None or self.lowered is None:
            inputs = self.bind_inputs(given)
            values = inputs | self.compute(inputs, 0)
            return [values[tensor] for tensor in self.graph.outputs.values()]
        # Nothing runs in Python here, so that no table of values by tensor is needed.
        dtype = None if self.weight is None else self.weight.dtype
        arguments = [to_device(to_float(given.get(name), dtype), self.device) for name in self.argument_names]
        with torch.no_grad():
            results = self._run_lowered(self.lowered, arguments, 0)
        if len(self.plan.framework_outputs) == 1:
            results = (results,)
        return [to_host(results[position]) for position in self.positions]

    def _run_lowered(self, lowered: nn.Module, arguments: Sequence[Any], number: int) -> Any:
        """Compute in evaluation mode, under a stream of its own; leave nothing changed."""
        seed = self.first_seed if number == 0 else stream_seed(self.seed, 0, number)
        if is_settled(lowered, self.device) and self.is_plain:
            with self.generator.stream(seed, self.draws):
                return lowered(*arguments)
        lowered.to(self.device)
        autocast = self.precision.context() or nullcontext()
        with (
            evaluation_mode(lowered),
            self.generator.stream(seed, self.draws),
            self.numerics or nullcontext(),
            autocast,
        ):
            return lowered(*arguments)

    def _run_on_host(self, call: Call, values: Mapping[NmTensor, Any]) -> dict[NmTensor, Any]:
        arguments, check = call_arguments(call, values), self.checks[call]
        if check is not None:
            check.run(arguments, values)
        assert isinstance(call.module, NeuralModule), "a declared module computes nothing"
        result = call.module.forward(**arguments)
        results = (result,) if len(call.types) == 1 else result
        return dict(zip(call.tensors(), results, strict=True))


@contextmanager
def explain_errors(layer: DataLayer | None, indices: Sequence[int] = (), values: Sequence[Any] = ()) -> Iterator[None]:
    """Raise errors of memory and of workers inside as errors of ours, which name the batch.

    Args:
        layer: the data layer that gave the batch, if any.
        indices: the samples of the batch.
        values: its values.
    """
    try:
        yield
    except Exception as error:
        if layer is not None:
            translated = layer.explain_error(error, indices, values)
        elif is_out_of_memory(error) and not isinstance(error, OutOfMemoryError):
            translated = explain_memory(error, f"The values have the shapes {describe_values(values)}.")
        else:
            translated = None
        if translated is None:
            note_module(error)
            raise
        raise translated from error


def call_arguments(call: Call, values: Mapping[NmTensor, Any]) -> dict[str, Any]:
    """Return the arguments of a call that runs on the host, None for ports that stay open."""
    arguments: dict[str, Any] = dict.fromkeys(call.module.inputs)
    for port, argument in call.inputs.items():
        if isinstance(argument, ConstantInput):
            arguments[port] = argument.value
        elif isinstance(argument, tuple):
            arguments[port] = [_cast(call, f"{port}[{i}]", values[tensor]) for i, tensor in enumerate(argument)]
        else:
            arguments[port] = _cast(call, port, values[argument])
    return arguments


def _cast(call: Call, port: str, value: Any) -> Any:
    axes = call.typing.casts.get(port)
    return permute(value, axes) if axes else value


def _positions(plan: Plan) -> list[int] | None:
    """Return where each output of a graph stands among the results of its lowered module; None where some does not."""
    results = plan.framework_outputs
    if plan.host or plan.sources or not set(plan.outputs.values()) <= set(results):
        return None
    return [results.index(tensor) for tensor in plan.outputs.values()]


def _leave_training(lowered: nn.Module) -> None:
    """Put the modules that lowering has made around those of the graph into evaluation mode, for good."""
    for part in lowered.modules():
        if part is lowered or type(part) is nn.Module:
            part.training = False


def _batch_axis(tensor: NmTensor) -> int | None:
    return next((i for i, axis in enumerate(tensor.type.axes) if getattr(axis, "tag", None) is BatchTag), None)


def forward_pass(graph: Graph, runtime: Runtime) -> ForwardPass:
    """Return a graph made ready to compute; it is lowered once for each factory, and kept with the graph."""
    forward: ForwardPass | None = graph.prepared.get(runtime)
    if forward is None:
        with runtime.preparing:
            forward = graph.prepared.get(runtime)
            if forward is None:
                forward = graph.prepared[runtime] = ForwardPass(graph, runtime)
    return forward
