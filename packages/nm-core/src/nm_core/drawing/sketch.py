"""What a drawing shows, free of any geometry: nodes with ports, and edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nm_core.deferred import Check, checks
from nm_core.errors import GraphError
from nm_core.tensor import Call, Constant, NmTensor

if TYPE_CHECKING:
    from nm_core.composite import CompositeCall
    from nm_core.graph import Graph


class Role(StrEnum):
    """What a node is, which decides how it looks."""

    SOURCE = "source"
    FRAMEWORK = "framework"
    HOST = "host"
    COMPOSITE = "composite"
    VIEW = "view"
    INPUT = "input"
    OUTPUT = "output"


class Mark(StrEnum):
    """What is to be seen about an edge."""

    PLAIN = "plain"
    CAST = "cast"
    """Its axes are reordered on the way."""
    DEFERRED = "deferred"
    """What is open about it is checked when the graph runs."""
    UNCHECKED = "unchecked"
    """Something about it is never checked, neither while the graph is built nor when it runs."""
    BAD = "bad"
    """Its types do not fit."""


@dataclass(frozen=True, slots=True)
class InPort:
    """An input of a node, and the constant it was given, if any."""

    name: str
    constant: str | None = None

    @property
    def text(self) -> str:
        """What the box shows."""
        return self.name if self.constant is None else f"{self.name} = {self.constant}"


@dataclass(frozen=True, slots=True)
class OutPort:
    """An output of a node with its type; ``used`` where an edge begins at it."""

    name: str
    type: str
    used: bool = True
    minor: bool = False
    """Whether it only accompanies another value, as lengths and masks do."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box of a drawing.

    Attributes:
        id: unique in the sketch.
        title: the name of the call.
        subtitle: the module's class, or what else the box is.
        role: what it is.
        inputs: its connected inputs in port order.
        outputs: its outputs in port order.
        details: what a pointer over the box shows.
        bad: whether something is wrong with the module itself.
    """

    id: str
    title: str
    subtitle: str
    role: Role
    inputs: tuple[InPort, ...] = ()
    outputs: tuple[OutPort, ...] = ()
    details: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from an output of one node to an input of another.

    Attributes:
        source, port: where it begins.
        target, target_port: where it ends.
        mark: what is to be seen about it.
        note: the mark in words, shown at the target.
    """

    source: str
    port: str
    target: str
    target_port: str
    mark: Mark = Mark.PLAIN
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A graph as nodes in topological order and edges."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, graph: Graph, *, fold: bool = True) -> Sketch:
        """Sketch a graph; with ``fold`` each composite module is one node."""
        return _Reader(graph, fold).sketch()


_Owner = Any
"""A `Call`, or the outermost `CompositeCall` that it came out of."""


class _Reader:
    """Reads one graph: which node each call belongs to, and where each tensor comes from."""

    def __init__(self, graph: Graph, fold: bool) -> None:
        self.graph = graph
        self.fold = fold
        self.checks = _checks(graph)
        self.owners: dict[_Owner, str] = {}
        self.parts: dict[_Owner, list[Call]] = {}
        for call in graph.calls:
            owner = self._owner(call)
            self.owners.setdefault(owner, f"n{len(self.owners)}")
            self.parts.setdefault(owner, []).append(call)
        self.free = {tensor: f"in{index}" for index, tensor in enumerate(graph.inputs.values())}
        self.inner: dict[str, dict[str, NmTensor]] = {}
        """By node, tensors that leave a composite module by another way than its ports."""

    def sketch(self) -> Sketch:
        """Read the edges first, since they tell which outputs are used."""
        edges = [edge for owner in self.owners for edge in self._edges_into(owner)]
        edges += [
            Edge(*start, f"out{index}", name)
            for index, (name, tensor) in enumerate(self.graph.outputs.items())
            if (start := self._start(tensor)) is not None
        ]
        used = {(edge.source, edge.port) for edge in edges}
        nodes = [self._input(name, tensor) for name, tensor in self.graph.inputs.items()]
        nodes += [self._node(owner, used) for owner in self.owners]
        nodes += [
            Node(f"out{index}", name, "output", Role.OUTPUT, inputs=(InPort(name),), details=f"{name}: {tensor.type}")
            for index, (name, tensor) in enumerate(self.graph.outputs.items())
        ]
        return Sketch(self.graph.name, tuple(nodes), tuple(edges))

    def _owner(self, call: Call) -> _Owner:
        owner: Call | CompositeCall = call
        while self.fold and owner.scope is not None:
            owner = owner.scope
        return owner

    def _start(self, tensor: NmTensor) -> tuple[str, str] | None:
        """Return the node and port where a tensor leaves, or ``None`` if it is outside the graph."""
        if tensor in self.free:
            return self.free[tensor], tensor.port
        owner = self._owner(tensor.call)
        if owner not in self.owners:
            return None
        if isinstance(owner, Call):
            return self.owners[owner], tensor.port
        for port, output in owner.outputs.items():
            if output == tensor:
                return self.owners[owner], port
        self.inner.setdefault(self.owners[owner], {})[tensor.name] = tensor
        return self.owners[owner], tensor.name

    def _edges_into(self, owner: _Owner) -> Iterator[Edge]:
        for port, argument in _arguments(owner.inputs):
            if isinstance(argument, NmTensor) and (start := self._start(argument)) is not None:
                yield Edge(*start, self.owners[owner], port, *self._mark(owner, port, argument))

    def _mark(self, owner: _Owner, port: str, tensor: NmTensor) -> tuple[Mark, str]:
        """Return what is to be seen about an edge; of a folded module, about the edges inside that take the same."""
        if isinstance(owner, Call):
            return mark_of(owner.typing.casts.get(port), [self._note(owner, port)])
        inner = [
            (call, name) for call in self.parts[owner] for name, given in _arguments(call.inputs) if given == tensor
        ]
        casts = [call.typing.casts[name] for call, name in inner if name in call.typing.casts]
        return mark_of(casts[0] if casts else None, [self._note(call, name) for call, name in inner])

    def _note(self, call: Call, port: str) -> str:
        return self.checks[call].note(port) if call in self.checks else ""

    def _input(self, name: str, tensor: NmTensor) -> Node:
        port = OutPort(tensor.port, str(tensor.type), minor=_is_minor(tensor))
        return Node(self.free[tensor], name, "input", Role.INPUT, outputs=(port,), details=f"{name}: {tensor.type}")

    def _node(self, owner: _Owner, used: set[tuple[str, str]]) -> Node:
        module, id = owner.module, self.owners[owner]
        inputs = tuple(
            InPort(port, constant=repr(argument.value) if isinstance(argument, Constant) else None)
            for port, argument in _arguments(owner.inputs)
        )
        if isinstance(owner, Call):
            title = self.graph.labels[owner]
            tensors = {tensor.port: tensor for tensor in owner.tensors() if tensor.port not in owner.unavailable}
            role = Role(module.segment)
        else:
            title, tensors, role = module.name, owner.outputs | self.inner.get(id, {}), Role.COMPOSITE
        outputs = tuple(
            OutPort(port, str(tensor.type), (id, port) in used, _is_minor(tensor)) for port, tensor in tensors.items()
        )
        kind = type(module).__name__
        subtitle = kind if title == module.name else f"{kind}, weights of {module.name}"
        if role is Role.VIEW:  # what is said matters more than which module says it
            subtitle = " ".join(map(str, module.params.values()))
        return Node(id, title, subtitle, role, inputs, outputs, _details(module))


def _arguments(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each input with what it was given; a variadic one as one input per value."""
    for port, argument in inputs.items():
        if isinstance(argument, tuple):
            yield from ((f"{port}[{index}]", item) for index, item in enumerate(argument))
        else:
            yield port, argument


def mark_of(cast: Sequence[int] | None, notes: Iterable[str]) -> tuple[Mark, str]:
    """Return the mark of an edge and its note, from its cast and what `Check.note` says of it.

    An edge without either was decided in full while the graph was built.
    """
    known = list(dict.fromkeys(note for note in notes if note))
    if cast is not None:
        return Mark.CAST, "; ".join([f"axes {' '.join(map(str, cast))}", *known])
    if not known:
        return Mark.PLAIN, ""
    return Mark.UNCHECKED if any("not checked" in note for note in known) else Mark.DEFERRED, "; ".join(known)


def _checks(graph: Graph) -> Mapping[Call, Check[NmTensor]]:
    """Return what the calls leave open; a graph that cannot run in its order is drawn without."""
    try:
        return checks(graph.plan())
    except GraphError:
        return {}


def _is_minor(tensor: NmTensor) -> bool:
    return str(tensor.type).rpartition(";")[2].strip().startswith(("Lengths", "Mask"))


def _details(module: Any) -> str:
    lines = [f"{type(module).__module__}.{type(module).__qualname__}"]
    lines += [f"{name} = {_short(value)}" for name, value in module.params.items()]
    return "\n".join(lines)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
