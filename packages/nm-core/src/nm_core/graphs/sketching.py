"""From a graph to its sketch: which node each call belongs to, and where each tensor comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nm_core.drawing.layout import lay_out
from nm_core.drawing.render import render
from nm_core.drawing.sketch import InPort, Mark, Node, Role, Sketch, SketchEdge, Unfold, end, out_port, select_unfolded
from nm_core.graphs.calls import OrderedCalls, free_name
from nm_core.graphs.graph_module import GraphModule
from nm_core.graphs.open_checks import Check, checks
from nm_core.graphs.plan import Plan
from nm_core.symbols.parameters import short
from nm_core.symbols.tensor import Call, CompositeCall, ConstantInput, NmTensor, Step, flat_arguments
from nm_types import NeuralType

MOST_BOXES = 150
"""With more boxes than these a drawing is no longer looked at; it is then one box that says how many there are."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a graph, to be drawn where they are.

    Attributes:
        edges: faults of connections in few words, by call and port.
        calls: the calls that are wrong as a whole.
    """

    edges: Mapping[tuple[Step, str], str] = field(default_factory=dict)
    calls: Collection[Step] = ()


NO_FAULTS = Faults()


def graph_svg(graph: OrderedCalls) -> str:
    """Draw a graph for a notebook, a very large one as one box."""
    sketch = sketch_calls(graph)
    return render(lay_out(sketch if sketch.count() <= MOST_BOXES else sketch_box(graph)))


def sketch_calls(graph: OrderedCalls, unfold: Unfold = (), faults: Faults = NO_FAULTS) -> Sketch:
    """Sketch a graph; composite modules and nested graphs are one node each, but those to unfold.

    Raises:
        GraphError: a name or pattern to unfold meets nothing.
    """
    scopes = {scope: None for call in graph.calls for scope in _scopes(call)}
    names = select_unfolded(unfold, [scope.name for scope in scopes])
    unfolded = {outer for scope in scopes if scope.name in names for outer in (scope, *_scopes(scope))}
    level = _Level(graph.calls, None, graph.named, checks(Plan.draft(graph)), faults, unfolded)
    return level.sketch(graph.name, graph.inputs, graph.outputs, (Role.INPUT, Role.OUTPUT))


def sketch_box(graph: OrderedCalls) -> Sketch:
    """Sketch a graph as one box between its inputs and outputs."""
    ins, outs = graph.inputs, graph.outputs
    node = Node(
        "graph",
        graph.name,
        f"{len(graph.calls):,} calls: nm_core.drawing.svg draws them",
        Role.COMPOSITE,
        tuple(map(InPort, ins)),
        tuple(out_port(name, tensor.type) for name, tensor in outs.items()),
        repr(graph),
    )
    edges = [SketchEdge(f"in {name}", name, "graph", name) for name in ins]
    edges += [SketchEdge("graph", name, f"out {name}", name) for name in outs]
    nodes = [*_ends(ins, Role.INPUT, out=False), node, *_ends(outs, Role.OUTPUT, out=True)]
    return Sketch.arranged(graph.name, nodes, edges)


class _Level:
    """The calls of a graph, or those inside one composite call."""

    def __init__(
        self,
        calls: Sequence[Call],
        scope: CompositeCall | None,
        named: Mapping[Call, str],
        checks: Mapping[Call, Check],
        faults: Faults,
        unfolded: Collection[CompositeCall],
    ) -> None:
        self.scope = scope
        self.named = named
        self.checks = checks
        self.faults = faults
        self.unfolded = unfolded
        self.ids: dict[Step, str] = {}
        self.parts: dict[Step, list[Call]] = {}
        self.free: dict[NmTensor, tuple[str, str]] = {}
        self.leaving: dict[Step, dict[str, NmTensor]] = {}
        """By call, tensors that leave it by another way than its ports."""
        for call in calls:
            owner = self._owner(call)
            self.ids.setdefault(owner, f"n{len(self.ids)}")
            self.parts.setdefault(owner, []).append(call)
        self.arguments = {owner: self._arguments(owner) for owner in self.ids}
        self.titles = self._titles()

    def sketch(
        self, name: str, ins: Mapping[str, NmTensor], outs: Mapping[str, NmTensor], roles: tuple[Role, Role]
    ) -> Sketch:
        """Sketch the edges first, since they tell which outputs are used."""
        for port, tensor in ins.items():
            self.free.setdefault(tensor, (f"in {port}", port))
        edges = [edge for owner in self.ids for edge in self._edges_into(owner)]
        for port, tensor in outs.items():
            start = self._start(tensor)
            edges += [] if start is None else [SketchEdge(*start, f"out {port}", port)]
        used = {(edge.source, edge.port) for edge in edges}  # nodes draw unused outputs faintly
        nodes = [*_ends(ins, roles[0], out=False), *(self._node(owner, used) for owner in self.ids)]
        return Sketch.arranged(name, [*nodes, *_ends(outs, roles[1], out=True)], edges)

    def _owner(self, call: Call) -> Step:
        """Return the call itself, or the composite call around it that belongs to this level."""
        owner: Step = call
        while owner.scope is not None and owner.scope is not self.scope:
            owner = owner.scope
        return owner

    def _arguments(self, owner: Step) -> list[tuple[str, NmTensor | ConstantInput]]:
        """Return each input with what it was given; of a composite call also what its parts take past its ports."""
        arguments = list(flat_arguments(owner.inputs))
        if isinstance(owner, CompositeCall):
            inner = set(self.parts[owner])
            tensors = {tensor for _, tensor in arguments}
            sources = {tensor: None for call in self.parts[owner] for tensor in call.sources_of_inputs()}
            arguments += [(t.name, t) for t in sources if t not in tensors and t.call not in inner]
        return arguments

    def _titles(self) -> dict[Step, str]:
        """Name the calls as they were asked to be, else by their modules; inside a composite call without its name."""
        titles: dict[Step, str] = {call: title for call, title in self.named.items() if call in self.ids}
        used = set(titles.values())
        for owner in self.ids:
            if owner not in titles:  # the first of several keeps the plain name, as labels of graphs do
                titles[owner] = free_name(owner.label or self._inner_name(owner), used)
                used.add(titles[owner])
        return titles

    def _inner_name(self, owner: Step) -> str:
        return owner.module.name if self.scope is None else owner.module.name.removeprefix(f"{self.scope.module.name}.")

    def _start(self, tensor: NmTensor) -> tuple[str, str] | None:
        """Return the node and port where a tensor leaves, or ``None`` if it is outside the graph."""
        if tensor in self.free:
            return self.free[tensor]
        owner = self._owner(tensor.call)
        if owner not in self.ids:
            return None
        if isinstance(owner, Call) or tensor.is_failed:
            return self.ids[owner], tensor.port
        for port, output in owner.outputs.items():
            if output == tensor:
                return self.ids[owner], port
        self.leaving.setdefault(owner, {})[tensor.name] = tensor
        return self.ids[owner], tensor.name

    def _edges_into(self, owner: Step) -> Iterator[SketchEdge]:
        for port, value in self.arguments[owner]:
            if isinstance(value, NmTensor) and (start := self._start(value)) is not None:
                yield SketchEdge(*start, self.ids[owner], port, *self._mark(owner, port, value))

    def _mark(self, owner: Step, port: str, tensor: NmTensor) -> tuple[Mark, str]:
        """Return the look of an edge; into a folded module, that of the edges inside that take the same tensor."""
        fault = self.faults.edges.get((owner, port))
        if fault is not None:
            return Mark.BAD, fault
        if isinstance(owner, Call):
            return mark_of(owner.casts.get(port), [self._note(owner, port)])
        if owner in self.unfolded:
            return Mark.PLAIN, ""
        inner = [
            (call, name) for call in self.parts[owner] for name, value in flat_arguments(call.inputs) if value == tensor
        ]
        casts = [call.casts[name] for call, name in inner if name in call.casts]
        return mark_of(casts[0] if casts else None, [self._note(call, name) for call, name in inner])

    def _note(self, call: Call, port: str) -> str:
        return self.checks[call].note(port) if call in self.checks else ""

    def _node(self, owner: Step, used: Collection[tuple[str, str]]) -> Node:
        id, title = self.ids[owner], self.titles[owner]
        inputs = tuple(
            InPort(port, constant=repr(value.value) if isinstance(value, ConstantInput) else None)
            for port, value in self.arguments[owner]
        )
        types = self._output_types(owner)
        types |= {port: None for source, port in used if source == id and port not in types}
        outputs = tuple(out_port(port, type, used=(id, port) in used) for port, type in types.items())
        subtitle, details, role = _describe(owner, title)
        if title != self._inner_name(owner) and role is not Role.VIEW:
            subtitle = f"{subtitle}, weights of {self._inner_name(owner)}"
        node = Node(id, title, subtitle, role, inputs, outputs, details, owner in self.faults.calls)
        if isinstance(owner, Call) or owner not in self.unfolded:
            return node
        level = _Level(self.parts[owner], owner, {}, self.checks, NO_FAULTS, self.unfolded)
        ins = {port: value for port, value in self.arguments[owner] if isinstance(value, NmTensor)}
        outs = owner.outputs | self.leaving.get(owner, {})
        return replace(node, inside=level.sketch(title, ins, outs, (Role.PORT, Role.PORT)))

    def _output_types(self, owner: Step) -> dict[str, NeuralType | None]:
        if isinstance(owner, CompositeCall):
            return {port: t.type for port, t in (owner.outputs | self.leaving.get(owner, {})).items()}
        return {port: owner.types.get(port) for port in owner.module.outputs if port not in owner.unavailable}


def _describe(owner: Step, title: str) -> tuple[str, str, Role]:
    """Describe the module of a call: in a word or two, in detail, and how it looks."""
    module = owner.module
    if isinstance(module, GraphModule):
        graph = f"graph {module.graph.name}"
        return "graph" if title == module.graph.name else graph, graph, Role.COMPOSITE
    role = Role(module.segment) if isinstance(owner, Call) else Role.COMPOSITE
    subtitle = module.class_path.rpartition(".")[2]
    if role is Role.VIEW:  # what is said matters more than which module says it
        subtitle = " ".join(map(str, module.params.values()))
    details = [module.class_path, *(f"{name} = {short(value)}" for name, value in module.params.items())]
    return subtitle, "\n".join(details), role


def mark_of(cast: Sequence[int] | None, notes: Iterable[str]) -> tuple[Mark, str]:
    """Return the mark of an edge and its note, from its cast and what `Check.note` says of it.

    An edge without either was decided in full while the graph was built.
    """
    words = list(dict.fromkeys(note for note in notes if note))
    if cast is not None:
        return Mark.CAST, "; ".join([f"axes {' '.join(map(str, cast))}", *words])
    if not words:
        return Mark.PLAIN, ""
    return Mark.UNCHECKED if any("not checked" in note for note in words) else Mark.DEFERRED, "; ".join(words)


def _ends(tensors: Mapping[str, NmTensor], role: Role, *, out: bool) -> Iterator[Node]:
    """Yield the nodes of values that come in or, with `out`, go out."""
    for name, tensor in tensors.items():
        yield end(f"{'out' if out else 'in'} {name}", name, role, None if tensor.is_failed else tensor.type, out=out)


def _scopes(call: Step) -> Iterator[CompositeCall]:
    """Yield the composite calls around a call, from the inside out."""
    scope = call.scope
    while scope is not None:
        yield scope
        scope = scope.scope
