"""`Plan`: a graph in the order and the three parts in which a backend runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nm_core.errors import GraphError
from nm_core.symbols.tensor import Call, NmTensor

if TYPE_CHECKING:
    from nm_core.graphs.graph import Graph


@dataclass(frozen=True, eq=False)
class Plan:
    """A graph cut into sources, one framework segment and a host suffix.

    Attributes:
        graph: the graph this is the plan of.
        sources: calls without inputs that the engine iterates.
        framework: calls that lower to one module of the framework.
        host: calls that run in Python afterwards: decoders to text, writers.
        framework_inputs: tensors of sources, and free inputs, that the framework segment uses.
        framework_outputs: tensors of the framework segment that the host suffix or the graph's user needs.
        last_use: for each call, the tensors that nothing needs after it.
    """

    graph: Graph
    sources: tuple[Call, ...]
    framework: tuple[Call, ...]
    host: tuple[Call, ...]
    framework_inputs: tuple[NmTensor, ...]
    framework_outputs: tuple[NmTensor, ...]
    last_use: Mapping[Call, tuple[NmTensor, ...]]

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in the order in which they run."""
        return self.sources + self.framework + self.host

    @property
    def inputs(self) -> Mapping[str, NmTensor]:
        """The graph's free inputs by name."""
        return self.graph.inputs

    @property
    def outputs(self) -> Mapping[str, NmTensor]:
        """The graph's outputs by name."""
        return self.graph.outputs

    def argument_name(self, tensor: NmTensor) -> str:
        """Return the stable name of a tensor in lowered code: `train_data__spec`, or the name of a free input."""
        for name, free in self.graph.inputs.items():
            if free == tensor:
                return name
        return f"{self.graph.labels[tensor.call].replace('.', '__')}__{tensor.port}"

    @classmethod
    def of(cls, graph: Graph) -> Plan:
        """Cut a graph in three.

        Raises:
            GraphError: a host module feeds a framework module.
        """
        segments = _segments(graph.calls)
        sources, framework, host = (
            tuple(call for call in graph.calls if segments[call] == segment)
            for segment in ("source", "framework", "host")
        )
        _check_order(framework, set(host))
        in_framework = set(framework)
        outputs = list(graph.outputs.values())
        wanted = outputs + [tensor for call in host for tensor in call.sources_of_inputs()]
        used = {tensor for call in framework for tensor in call.sources_of_inputs()}
        ends = list(graph.inputs.values()) + [tensor for call in sources for tensor in call.tensors()]
        return cls(
            graph=graph,
            sources=sources,
            framework=framework,
            host=host,
            framework_inputs=tuple(tensor for tensor in ends if tensor in used),
            framework_outputs=_distinct(tensor for tensor in wanted if tensor.call in in_framework),
            last_use=_last_use(sources + framework + host, outputs),
        )


def _segments(calls: Sequence[Call]) -> dict[Call, str]:
    """Return where each call runs; a view runs where its value is made, and objects stay in Python."""
    segments: dict[Call, str] = {}
    for call in calls:
        segments[call] = call.module.segment
        if call.module.segment == "view":
            (given,) = call.sources_of_inputs()
            is_tensor = not any(type.is_object or type.is_list for type in (given.type, *call.types.values()))
            segments[call] = "framework" if is_tensor and segments.get(given.call) != "host" else "host"
    return segments


def _check_order(framework: Sequence[Call], host: set[Call]) -> None:
    for call in framework:
        for tensor in call.sources_of_inputs():
            if tensor.call in host:
                raise GraphError(
                    f"{tensor.call.module.name} runs in Python, and its output {tensor.port} feeds "
                    f"{call.module.name}, which runs in the framework ({call.location}).\n"
                    "  What runs in Python comes last: decoders to text, metrics, writers.\n"
                    "  Run two graphs, or write the module for the framework."
                )


def _distinct(tensors: Iterable[NmTensor]) -> tuple[NmTensor, ...]:
    return tuple(dict.fromkeys(tensors))


def _last_use(calls: Sequence[Call], outputs: Sequence[NmTensor]) -> dict[Call, tuple[NmTensor, ...]]:
    kept, seen = set(outputs), set[NmTensor]()
    last: dict[Call, tuple[NmTensor, ...]] = {}
    for call in reversed(calls):
        dying = [tensor for tensor in _distinct(call.sources_of_inputs()) if tensor not in seen and tensor not in kept]
        seen.update(dying)
        last[call] = tuple(dying)
    return last


def permute(value: Any, permutation: Sequence[int]) -> Any:
    """Reorder the axes of a value that knows how: axis i of the result is axis `permutation[i]` of the value."""
    if hasattr(value, "permute"):
        return value.permute(tuple(permutation))
    return value.transpose(tuple(permutation))
