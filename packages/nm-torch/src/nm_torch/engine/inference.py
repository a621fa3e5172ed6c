"""Inference: one record per sample, in the order of the samples, computed as they are asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from nm_core import GraphError, NmTensor, Run
from nm_core.actions.requests import InferRequest
from nm_torch.data import Request
from nm_torch.engine.forward import ForwardPass, explain_errors
from nm_torch.engine.hooks import Hooks
from nm_torch.engine.runtime import Runtime
from nm_torch.placement import to_host
from nm_types import BatchTag, NeuralType


def infer(runtime: Runtime, request: InferRequest) -> Iterator[dict[str, Any]]:
    """Yield one record per sample, keyed by output name; nothing is computed before it is asked for.

    With data layers every process yields all records. Rows of tensors are on the CPU and have the padding of their
    micro-batch; a value without a batch axis is the same in every record of its micro-batch.
    """
    strategy = runtime.strategy
    run = Run("infer", rank=strategy.rank, world_size=strategy.world_size, work_dir=runtime.settings.work_dir)
    with Hooks(request.callbacks).action(run):
        for record in _compute_records(runtime, request):
            run.samples += 1
            yield record


def _compute_records(runtime: Runtime, request: InferRequest) -> Iterator[dict[str, Any]]:
    graph = request.graph
    forward = ForwardPass(graph, runtime)
    if request.inputs is not None:
        if forward.plan.sources:
            names = ", ".join(call.name for call in forward.plan.sources)
            raise GraphError(f"{graph.name} was given inputs, and it also has a data layer: {names}.")
        inputs = forward.bind_inputs(request.inputs)
        with explain_errors(None, values=list(inputs.values())):
            values = inputs | forward.compute(inputs, 0)
        yield from _rows(graph.outputs, values, None)
        return
    layer, seed = forward.layer, runtime.settings.seed
    requests = (Request(seed, 0, indices) for indices in layer.plan_once(in_order=True))
    for number, loaded in enumerate(layer.stream(requests)):
        if loaded.values is None:
            continue
        inputs = forward.bind_layer(loaded.values)
        with explain_errors(layer, loaded.indices, loaded.values):
            values = inputs | forward.compute(inputs, number)
        yield from _rows(graph.outputs, values, len(loaded.indices))
    layer.warn_of_unreadable()


def _rows(
    tensors: Mapping[str, NmTensor], values: Mapping[NmTensor, Any], count: int | None
) -> Iterator[dict[str, Any]]:
    columns = {name: _column(tensor.type, to_host(values[tensor])) for name, tensor in tensors.items()}
    lengths = {len(column) for column in columns.values() if isinstance(column, list)}
    if count is None:
        count = max(lengths, default=1)
    if lengths - {count}:
        sizes = ", ".join(f"{name} {len(column)}" for name, column in columns.items() if isinstance(column, list))
        raise GraphError(f"outputs of one micro-batch have different numbers of samples: {sizes}; expected {count}.")
    for row in range(count):
        yield {name: column[row] if isinstance(column, list) else column for name, column in columns.items()}


def _column(type: NeuralType, value: Any) -> Any:
    """Cut a value along its batch axis into a list; a value without one stays whole."""
    if isinstance(value, Tensor):
        batch_axis = next((i for i, axis in enumerate(type.axes) if getattr(axis, "tag", None) is BatchTag), None)
        return value if batch_axis is None else list(value.unbind(batch_axis))
    return list(value) if isinstance(value, list | tuple) else value
