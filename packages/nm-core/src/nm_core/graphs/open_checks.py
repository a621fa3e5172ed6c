"""Open checks: facts that types leave undecided, those of them that a run can see, and where their sizes are read.

Sizes of axes are read from the values of the call itself. The size of a kind, as in `Lengths(t)`, is no shape of the
value that has it; it is read where an axis of some tensor declares it, never from the contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nm_core.graphs.plan import Plan
from nm_core.graphs.size_readers import Axes, Measure, Place, Reach, is_unnamed
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, NmTensor
from nm_types import CallTyping, Edge, Equation, Kind, Size
from nm_types.notation import Structure
from nm_types.sizes import Variable


@dataclass(frozen=True, slots=True)
class Check:
    """The facts that the types of one call leave open.

    Attributes:
        ports: the ports whose shapes and families of numbers are looked at when the call runs, each with its edge.
        kinds: for some of these ports, how the sizes of their kind are read; None for one that cannot be.
        unchecked: for each port with a fact that nobody checks, now or then: the fact, and why.
    """

    ports: Mapping[str, Edge] = field(default_factory=dict)
    kinds: Mapping[str, tuple[Measure[NmTensor] | None, ...]] = field(default_factory=dict)
    unchecked: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Place[NmTensor], ...]:
        """The axes of tensors that are read, beside the shapes of the ports."""
        measures = [measure for sizes in self.kinds.values() for measure in sizes if measure is not None]
        return tuple(dict.fromkeys(axis for measure in measures for axis in measure.places.values()))

    def note(self, port: str) -> str:
        """Describe a connection in a few words; in none where it was decided in full."""
        parts = ["checked in use"] if port in self.ports else []
        if port in self.unchecked:
            parts.append(f"not checked: {self.unchecked[port][0]}")
        return "; ".join(parts)


def left_open(edges: Sequence[Edge], typing: CallTyping, axes: Axes) -> Check:
    """Collect the facts that the typing of a call leaves open.

    Args:
        axes: the axes that can be read when the call runs.

    An equation about the size of a kind is checked when the size that is given can be read, and when those of the
    other ports that decide the expected size can. Whatever else is open stays so, with the reason.
    """
    # an equation may come from inside a nested call, whose edge is not among those of this one
    by_port = {edge.port: edge for edge in edges} | {equation.port: equation.edge for equation in typing.equations}
    measures = {port: _measures(edge, axes) for port, edge in by_port.items()}
    ports = set(typing.deferred)
    read: set[str] = set()
    unchecked: dict[str, tuple[str, str]] = {}
    for equation in typing.equations:
        if equation.on_axis:  # the call's own values have it, whose shapes are always looked at
            continue
        missing = [why for port in sorted(equation.ports) for why in _missing(by_port[port], measures[port], equation)]
        if missing:
            unchecked[equation.port] = str(_kind(by_port[equation.port].expected)), missing[0]
        else:
            ports |= equation.ports
            read |= equation.ports
    for port in typing.unchecked:
        edge = by_port[port]
        if _kind(edge.given) is None:
            kind = _kind(edge.expected)
            fact = "the meaning of the axes" if kind is None else str(kind)
            unchecked[port] = fact, f"{edge.producer} does not say what its values are"
    kinds = {port: sizes for port, sizes in measures.items() if sizes and port in read}
    return Check({port: edge for port, edge in by_port.items() if port in ports}, kinds, unchecked)


def checks(plan: Plan) -> dict[Call, Check]:
    """Collect the open facts of each call of a plan that leaves some."""
    used = {tensor for call in plan.framework for tensor in call.sources_of_inputs()}
    fetched = {tensor for call in plan.host for tensor in call.sources_of_inputs()} | set(plan.outputs.values())
    reach = Reach(used, fetched)  # filled in the order of the run, so that a check reads only what is there by then
    for tensor in plan.inputs.values():
        reach.add(tensor, "source")
    open_checks: dict[Call, Check] = {}
    for segment, calls in (("source", plan.sources), ("framework", plan.framework), ("host", plan.host)):
        for call in calls:
            if call.typing.deferred or call.typing.unchecked:
                edges = recording.edges(call.name, call.module, call.inputs)
                open_checks[call] = left_open(edges, call.typing, reach.axes(segment))
            for tensor in _available(call):
                reach.add(tensor, segment)
    return open_checks


def _available(call: Call) -> Iterable[NmTensor]:
    return (tensor for tensor in call.tensors() if tensor.port not in call.unavailable)


def _measures(edge: Edge, axes: Axes) -> tuple[Measure[NmTensor] | None, ...]:
    """Find out how the sizes of a value's kind are read, for those that its port asks for."""
    port_kind, kind = edge.expected.kind, edge.given.kind
    if port_kind is None or kind is None or edge.given.form != "tensor":
        return ()
    return tuple(axes.measure(kind.size(index)) for index in range(len(port_kind.sizes)))


def _missing(edge: Edge, measures: Sequence[Measure[NmTensor] | None], equation: Equation) -> Iterator[str]:
    """Say why sizes of a kind that an equation rests on cannot be read."""
    port_kind, kind = _kind(edge.expected), _kind(edge.given)
    if port_kind is None or kind is None:
        return
    for index, size in enumerate(port_kind.sizes):
        asks = edge.port == equation.port and index == -1 - equation.place  # sizes of kinds count down from -1
        decides = isinstance(size, Size) and any(isinstance(name, Variable) for name in size.symbols())
        if (asks or decides) and (index >= len(measures) or measures[index] is None):
            unread = kind.size(index)
            unsaid = not isinstance(unread, Size) or is_unnamed(unread)
            yield f"{edge.producer} leaves it out" if unsaid else f"no axis that can be read has the size {unread}"


def _kind(type: Structure) -> Kind | None:
    """Return the kind of a value, or of the items of a list."""
    return type.kind if type.item is None else _kind(type.item)
