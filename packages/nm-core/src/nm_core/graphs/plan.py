"""`Plan`: a graph in the order and the three parts in which a backend runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nm_core.errors import GraphError
from nm_core.graphs.calls import OrderedCalls
from nm_core.symbols.tensor import Call, NmTensor, flat_arguments


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

    Example:
        >>> from nm_core import Graph, NeuralModule, inputs, ports
        >>> class Double(NeuralModule):
        ...     input_ports = ports(x="B Channel:4")
        ...     output_ports = ports(y="B Channel:4")
        >>> plan = Graph(Double(name="double")(x=inputs(x="B Channel:4"))).plan()
        >>> plan.sources, plan.framework, plan.host
        ((), (), (<call of double>,))
    """

    graph: OrderedCalls
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
    def of(cls, graph: OrderedCalls) -> Plan:
        """Cut a graph in three.

        Raises:
            GraphError: a host module feeds a framework module.
        """
        plan = cls.draft(graph)
        for call, _, tensor in plan.order_faults():
            raise GraphError(explain_order_fault(call, tensor, f" ({call.location})"))
        return plan

    @classmethod
    def draft(cls, graph: OrderedCalls) -> Plan:
        """Cut a graph in three, whether it can run in this order or not."""
        segments = _segments(graph.calls)
        sources, framework, host = (
            tuple(call for call in graph.calls if segments[call] == segment)
            for segment in ("source", "framework", "host")
        )
        in_framework = set(framework)
        outputs = list(graph.outputs.values())
        fetched = outputs + [tensor for call in host for tensor in call.sources_of_inputs()]
        used = {tensor for call in framework for tensor in call.sources_of_inputs()}
        ends = list(graph.inputs.values()) + [tensor for call in sources for tensor in call.tensors()]
        return cls(
            graph=graph,
            sources=sources,
            framework=framework,
            host=host,
            framework_inputs=tuple(tensor for tensor in ends if tensor in used),
            framework_outputs=_distinct(tensor for tensor in fetched if tensor.call in in_framework),
            last_use=_last_use(sources + framework + host, outputs),
        )

    def order_faults(self) -> Iterator[tuple[Call, str, NmTensor]]:
        """Yield each tensor of the host that feeds the framework: the call that takes it, the port, the tensor."""
        host = set(self.host)
        for call in self.framework:
            if call.module.segment == "composite":  # where the calls that it stands for run is not known yet
                continue
            for port, value in flat_arguments(call.inputs):
                if isinstance(value, NmTensor) and value.call in host:
                    yield call, port, value


def explain_order_fault(call: Call, tensor: NmTensor, location: str = "") -> str:
    """Say that an output of the host feeds a call of the framework, and what to do."""
    return (
        f"{tensor.call.name} runs in Python, and its output {tensor.port} feeds "
        f"{call.name}, which runs in the framework{location}.\n"
        "  What runs in Python comes last: decoders to text, metrics, writers.\n"
        "  Run two graphs, or write the module for the framework."
    )


def _segments(calls: Sequence[Call]) -> dict[Call, str]:
    """Return where each call runs; a view runs where its value is made, and objects stay in Python."""
    segments: dict[Call, str] = {}
    for call in calls:
        segment: str = call.module.segment
        if segment == "view":
            sources = list(call.sources_of_inputs())  # none in a file where the value is not known
            types = (*(tensor.type for tensor in sources), *call.types.values())
            # a tensor may be viewed on either side; objects and lists exist in Python alone
            in_host = any(segments.get(tensor.call) == "host" for tensor in sources)
            segment = "host" if in_host or any(type.is_object or type.is_list for type in types) else "framework"
        segments[call] = "framework" if segment == "composite" else segment
    return segments


def _distinct(tensors: Iterable[NmTensor]) -> tuple[NmTensor, ...]:
    return tuple(dict.fromkeys(tensors))


def _last_use(calls: Sequence[Call], outputs: Sequence[NmTensor]) -> dict[Call, tuple[NmTensor, ...]]:
    used_later = set(outputs)
    last: dict[Call, tuple[NmTensor, ...]] = {}
    for call in reversed(calls):  # the last call that takes a tensor is the first one met from the end
        last[call] = tuple(tensor for tensor in _distinct(call.sources_of_inputs()) if tensor not in used_later)
        used_later.update(last[call])
    return last
