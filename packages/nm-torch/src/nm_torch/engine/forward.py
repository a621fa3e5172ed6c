"""`ForwardPass`: a graph on micro-batches, the framework segment on its device and the host suffix on CPU copies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from nm_core import Graph, GraphError, NeuralModule, NmTensor
from nm_core.graphs.calls import permute
from nm_core.graphs.open_checks import checks
from nm_core.graphs.sources import find_only_source
from nm_core.symbols.tensor import Call, ConstantInput
from nm_torch.data import DataLayer
from nm_torch.data.memory import describe_values, explain_memory, is_out_of_memory
from nm_torch.engine.modes import module_mode
from nm_torch.engine.randomness import preserve_generators, seeder, stream_seed
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import OutOfMemoryError
from nm_torch.lowering import lower
from nm_torch.lowering.shape_checks import shape_check
from nm_torch.placement import to_device, to_host
from nm_torch.values import float_weight, is_other_float


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
        self.settings = runtime.settings
        self.lowered = lower(self.plan).to(self.device) if self.plan.framework else None
        self.weight = None if self.lowered is None else float_weight(self.lowered)
        host_inputs = {tensor for call in self.plan.host for tensor in call.sources_of_inputs()}
        self.used_on_host = host_inputs | set(self.plan.outputs.values())
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
            tensor: value.to(dtype) if dtype is not None and is_other_float(value, dtype) else value
            for name, tensor in self.plan.inputs.items()
            if (value := values.get(name)) is not None
        }

    def compute(self, inputs: Mapping[NmTensor, Any], number: int) -> dict[NmTensor, Any]:
        """Return the values of the graph's outputs for one micro-batch, tensors on the CPU and no half types.

        Args:
            inputs: values of the data layer or of free inputs.
            number: the micro-batch's, which seeds the random stream of its modules.
        """
        # Values that no host module takes are dropped here, and do not outlive the framework segment.
        values = {tensor: value for tensor, value in inputs.items() if tensor in self.used_on_host}
        if self.lowered is not None:
            with self._inference(self.lowered, number):
                arguments = [to_device(inputs.get(tensor), self.device) for tensor in self.plan.framework_inputs]
                results = self.lowered(*arguments)
            outputs = self.plan.framework_outputs
            for tensor, value in zip(outputs, (results,) if len(outputs) == 1 else results, strict=True):
                values[tensor] = to_host(value)
        with torch.no_grad():
            for call in self.plan.host:
                values |= self._run_on_host(call, values)
        return values

    @contextmanager
    def _inference(self, lowered: nn.Module, number: int) -> Iterator[None]:
        """Compute in evaluation mode, without gradients, under a stream of its own; leave nothing changed."""
        with ExitStack() as stack:
            stack.enter_context(preserve_generators(self.device))
            stack.enter_context(module_mode([lowered], training=False))
            stack.enter_context(self.precision.numerics(deterministic=self.settings.deterministic))
            stack.enter_context(torch.no_grad())
            autocast = self.precision.context()
            if autocast is not None:
                stack.enter_context(autocast)
            seeder(self.device)(stream_seed(self.settings.seed, 0, number))
            yield

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
