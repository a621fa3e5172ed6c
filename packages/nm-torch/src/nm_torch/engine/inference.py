"""Inference: one record per sample, in the order of the samples, computed as they are asked for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from nm_core import Graph, GraphError, NmTensor, Run
from nm_core.actions.requests import InferRequest
from nm_torch.data import Request
from nm_torch.engine.forward import Execution, for_host
from nm_torch.engine.hooks import Hooks, call_all
from nm_types import BatchTag, NeuralType

if TYPE_CHECKING:
    from nm_torch.backend import TorchSession


def records(session: "TorchSession", request: InferRequest) -> Iterator[dict[str, Any]]:
    """Yield one record per sample, keyed by output name.

    With data layers every process yields all records. Rows of tensors are on the CPU and have the padding of their
    micro-batch; a value without a batch axis is the same in every record of its micro-batch.
    """
    hooks = Hooks(request.callbacks)
    run = Run("infer", rank=session.strategy.rank, world_size=session.strategy.world_size)
    run.work_dir = session.settings.work_dir
    reason = "failed"
    try:
        call_all(hooks.start, run)
        for record in _computed(session, request):
            run.samples += 1
            yield record
        reason = "finished"
    except GeneratorExit:
        reason = "stopped: no more records were asked for"
        raise
    except BaseException as error:
        hooks.failed(run, error)
        raise
    finally:
        hooks.ended(run, reason)


def _computed(session: "TorchSession", request: InferRequest) -> Iterator[dict[str, Any]]:
    graph = Graph(request.tensors, request.free or None, name="infer")
    execution = Execution(graph, session)
    if request.inputs is not None:
        if execution.plan.sources:
            names = ", ".join(call.name for call in execution.plan.sources)
            raise GraphError(f"{graph.name} was given inputs, and it also has a data layer: {names}.")
        known = execution.from_inputs(request.inputs)
        yield from _rows(request.tensors, known | execution.compute(known, 0), None)
        return
    layer, seed = execution.layer, session.settings.seed
    requests = (Request(seed, 0, indices) for indices in layer.plan_once(in_order=True))
    for number, loaded in enumerate(layer.stream(requests)):
        if loaded.values is None:
            continue
        known = execution.from_layer(loaded.values)
        yield from _rows(request.tensors, known | execution.compute(known, number), len(loaded.indices))
    layer.warn_of_unreadable()


def _rows(
    tensors: Mapping[str, NmTensor], values: Mapping[NmTensor, Any], count: int | None
) -> Iterator[dict[str, Any]]:
    columns = {name: _column(tensor.type, for_host(values[tensor])) for name, tensor in tensors.items()}
    lengths = {len(column) for column in columns.values() if isinstance(column, list)}
    if count is None:
        count = max(lengths, default=1)
    if lengths - {count}:
        shown = ", ".join(f"{name} {len(column)}" for name, column in columns.items() if isinstance(column, list))
        raise GraphError(f"outputs of one micro-batch have different numbers of samples: {shown}; expected {count}.")
    for row in range(count):
        yield {name: column[row] if isinstance(column, list) else column for name, column in columns.items()}


def _column(type: NeuralType, value: Any) -> Any:
    """Cut a value along its batch axis into a list; what has none is left whole."""
    if isinstance(value, Tensor):
        axis = next((place for place, axis in enumerate(type.axes) if getattr(axis, "tag", None) is BatchTag), None)
        return value if axis is None else list(value.unbind(axis))
    return list(value) if isinstance(value, list | tuple) else value
