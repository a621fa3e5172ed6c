"""A drawing before any geometry: nodes with ports, and edges between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

from nm_core.errors import GraphError, did_you_mean


class Role(StrEnum):
    """The kind of a node, which decides how it looks."""

    SOURCE = "source"
    FRAMEWORK = "framework"
    HOST = "host"
    COMPOSITE = "composite"
    VIEW = "view"
    INPUT = "input"
    OUTPUT = "output"
    PORT = "port"
    """A port of the module whose inside is drawn: where a value comes in or goes out."""


class Mark(StrEnum):
    """The look of an edge, which tells how far it was checked."""

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
    """An input of a node, and the constant it was given, if any.

    Example:
        >>> InPort("scale", constant="2").text
        'scale = 2'
    """

    name: str
    constant: str | None = None

    @property
    def text(self) -> str:
        """The text in the box."""
        return self.name if self.constant is None else f"{self.name} = {self.constant}"


@dataclass(frozen=True, slots=True)
class OutPort:
    """An output of a node with its type; ``used`` where an edge begins at it.

    Example:
        >>> OutPort("length", "Batch ; Lengths(t)", minor=True).used
        True
    """

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
        inside: the sketch of its parts, where that is drawn: between nodes for its ports, which bear their names.

    Example:
        >>> Node("n0", "encoder", "JasperEncoder", Role.FRAMEWORK, inputs=(InPort("spec"),)).is_end
        False
    """

    id: str
    title: str
    subtitle: str
    role: Role
    inputs: tuple[InPort, ...] = ()
    outputs: tuple[OutPort, ...] = ()
    details: str = ""
    bad: bool = False
    inside: Sketch | None = None

    @property
    def is_end(self) -> bool:
        """Whether it only stands for a value that comes in or goes out."""
        return self.role in (Role.INPUT, Role.OUTPUT, Role.PORT)


@dataclass(frozen=True, slots=True)
class SketchEdge:
    """A line from an output of one node to an input of another.

    Attributes:
        source, port: where it begins.
        target, target_port: where it ends.
        mark: what is to be seen about it.
        note: the mark in words, shown at the target.

    Example:
        >>> SketchEdge("n0", "spec", "n1", "audio_signal", Mark.CAST, "axes 0 2 1").mark
        <Mark.CAST: 'cast'>
    """

    source: str
    port: str
    target: str
    target_port: str
    mark: Mark = Mark.PLAIN
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A graph as nodes and edges: each node comes after those it takes from.

    The ids of nodes are unique among their neighbours; the inside of a node is a world of its own.

    Example:
        >>> from nm_core.drawing import mermaid
        >>> nodes = [end("in x", "x", Role.INPUT, "Batch", out=False), end("out y", "y", Role.OUTPUT, None, out=True)]
        >>> sketch = Sketch.arranged("identity", nodes, [SketchEdge("in x", "x", "out y", "y")])
        >>> print(mermaid(sketch).splitlines()[3])
            n0 -->|"x → y<br/>Batch"| n1
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[SketchEdge, ...]

    @classmethod
    def of(cls, graph: Drawable, *, unfold: Unfold = ()) -> Sketch:
        """Sketch a graph; each composite module and nested graph is one node, but those that `unfold` names."""
        return graph.sketch(unfold=unfold)

    @classmethod
    def arranged(cls, name: str, nodes: Sequence[Node], edges: Iterable[SketchEdge]) -> Sketch:
        """Sketch nodes in an order that follows from the ends and the ports alone.

        An edge that closes a circle, as only a graph with problems has, is left out, since a picture has rows.
        """
        by_id = {node.id: node for node in nodes}
        into: dict[str, list[SketchEdge]] = {node.id: [] for node in nodes}
        for edge in edges:
            into[edge.target].append(edge)
        ports = {node.id: {port.name: number for number, port in enumerate(node.inputs)} for node in nodes}
        for target, incoming in into.items():
            incoming.sort(key=lambda edge: ports[target][edge.target_port])
        first = [node.id for node in nodes if node.is_end and not node.inputs]
        last = [node.id for node in nodes if node.is_end and node.inputs]
        rank = {id: number for number, id in enumerate(first)}
        for id in _makers_first([*last, *by_id], into):
            rank.setdefault(id, len(rank))
        # outputs stand below everything, also below calls that lead to none of them
        rank |= {id: len(by_id) + number for number, id in enumerate(last)}
        order = sorted(by_id, key=rank.__getitem__)
        forward = (edge for id in order for edge in into[id] if rank[edge.source] < rank[id])
        return cls(name, tuple(by_id[id] for id in order), tuple(forward))

    def count(self) -> int:
        """Return how many nodes are drawn, those inside others too."""
        return sum(1 + (node.inside.count() if node.inside else 0) for node in self.nodes if node.role is not Role.PORT)


def _makers_first(ends: Iterable[str], into: Mapping[str, Sequence[SketchEdge]]) -> Iterator[str]:
    """Yield nodes so that each comes after those it takes from; depth first from the ends, without recursion."""
    visited: set[str] = set()
    for end in ends:
        stack = [(end, iter(into[end]))] if end not in visited else []
        visited.add(end)
        while stack:
            id, edges = stack[-1]
            above = next((edge.source for edge in edges if edge.source not in visited), None)
            if above is None:
                stack.pop()
                yield id
            else:
                visited.add(above)
                stack.append((above, iter(into[above])))


Unfold = str | Collection[str]
"""The composite modules and nested graphs whose inside is drawn: a name or a pattern such as `*`, or several."""


class Drawable(Protocol):
    """An object that knows how to sketch itself, as `nm_core.Graph` does."""

    def sketch(self, *, unfold: Unfold = ()) -> Sketch:
        """Sketch it, with the inside of what `unfold` names."""


def select_unfolded(unfold: Unfold, names: Collection[str]) -> set[str]:
    """Return which names are to be drawn with their inside.

    Raises:
        GraphError: a name or pattern meets none of them.
    """
    selected = set[str]()
    for pattern in [unfold] if isinstance(unfold, str) else unfold:
        matches = [name for name in names if fnmatchcase(name, pattern)]
        if not matches and not (pattern == "*" and not names):
            listed = ", ".join(dict.fromkeys(names)) or "none"
            raise GraphError(
                f'There is no "{pattern}" to unfold.{did_you_mean(pattern, names)}\n'
                f"  What has an inside here: {listed}."
            )
        selected.update(matches)
    return selected


def out_port(name: str, type: object, *, used: bool = True) -> OutPort:
    """Return an output with its type, which may be unknown; lengths and masks only accompany another value."""
    text = "" if type is None else str(type)
    return OutPort(name, text, used, text.rpartition(";")[2].strip().startswith(("Lengths", "Mask")))


def end(id: str, name: str, role: Role, type: object, *, out: bool) -> Node:
    """Return the node of a value that comes in or, with `out`, goes out."""
    details = name if type is None else f"{name}: {type}"
    if out:
        return Node(id, name, "output", role, inputs=(InPort(name),), details=details)
    return Node(id, name, "input", role, outputs=(out_port(name, type),), details=details)
