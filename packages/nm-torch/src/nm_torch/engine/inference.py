"""Inference: one record per sample, in the order of the samples, computed as they are asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from nm_core import GraphError, Run
from nm_core.actions.requests import InferRequest
from nm_torch.data import Request
from nm_torch.engine.forward import ForwardPass, explain_errors, forward_pass
from nm_torch.engine.hooks import Hooks
from nm_torch.engine.runtime import Runtime


def infer(runtime: Runtime, request: InferRequest) -> Iterator[dict[str, Any]]:
    """Yield one record per sample, keyed by output name; nothing is computed before it is asked for.

    With data layers every process yields all records. Rows of tensors are on the CPU and have the padding of their
    micro-batch; a value without a batch axis is the same in every record of its micro-batch.
    """
    if not request.callbacks:  # nobody looks at the run then
        for records in _batches(runtime, request):
            yield from records
        return
    strategy = runtime.strategy
    run = Run("infer", rank=strategy.rank, world_size=strategy.world_size, work_dir=runtime.settings.work_dir)
    with Hooks(request.callbacks).action(run):
        for records in _batches(runtime, request):
            for record in records:
                run.samples += 1
                yield record


def _batches(runtime: Runtime, request: InferRequest) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of each micro-batch."""
    forward = forward_pass(request.graph, runtime)
    if request.inputs is not None:
        if forward.plan.sources:
            names = ", ".join(call.name for call in forward.plan.sources)
            raise GraphError(f"{forward.graph.name} was given inputs, and it also has a data layer: {names}.")
        with explain_errors(None, values=list(request.inputs.values())):
            values = forward.compute_given(request.inputs)
        yield _cut(forward, values, None)
        return
    layer, seed = forward.layer, runtime.settings.seed
    requests = (Request(seed, 0, indices) for indices in layer.plan_once(in_order=True))
    for number, loaded in enumerate(layer.stream(requests)):
        if loaded.values is None:
            continue
        inputs = forward.bind_layer(loaded.values)
        with explain_errors(layer, loaded.indices, loaded.values):
            table = inputs | forward.compute(inputs, number)
        values = [table[tensor] for tensor in forward.graph.outputs.values()]
        yield _cut(forward, values, len(loaded.indices))
    layer.warn_of_unreadable()


def _cut(forward: ForwardPass, values: Sequence[Any], count: int | None) -> list[dict[str, Any]]:
    """Cut the values of a micro-batch into records; the number of samples is that of the longest if not given."""
    names = forward.columns
    columns = [_column(axis, value) for axis, value in zip(names.values(), values, strict=True)]
    lengths = {len(column) for column in columns if isinstance(column, list)}
    if count is None:
        count = max(lengths, default=1)
    if lengths - {count}:
        named = zip(names, columns, strict=True)
        sizes = ", ".join(f"{name} {len(column)}" for name, column in named if isinstance(column, list))
        raise GraphError(f"outputs of one micro-batch have different numbers of samples: {sizes}; expected {count}.")
    return [
        {name: column[row] if isinstance(column, list) else column for name, column in zip(names, columns, strict=True)}
        for row in range(count)
    ]


def _column(axis: int | None, value: Any) -> Any:
    """Cut a value along its batch axis into a list; a value without one stays whole."""
    if isinstance(value, Tensor):
        return value if axis is None else list(value.unbind(axis))
    return list(value) if isinstance(value, list | tuple) else value
