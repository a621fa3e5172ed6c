"""A drawing as geometry: boxes with their ports and labels, and the curves of edges, without colours."""

from __future__ import annotations

from dataclasses import dataclass

from nm_core.drawing.sketch import Node, SketchEdge


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text, centred on ``x``; ``y`` is the base line of the first."""

    lines: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place; its ports are at these places along the upper and lower edge.

    Attributes:
        middle: where its name stands.
        inside: what is drawn inside it, below the names of its inputs.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]
    types: tuple[Label | None, ...]
    middle: float
    inside: Layout | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """An edge as an SVG path, the point of its arrow, and where its note stands."""

    edge: SketchEdge
    path: str
    end: tuple[float, float]
    note: Label | None
    minor: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing without colours; later curves lie on top of earlier ones.

    Attributes:
        inputs, outputs: where the ports are, of the inside of a module.
        title: where there is room for its name.
    """

    name: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    inputs: tuple[float, ...] = ()
    outputs: tuple[float, ...] = ()
    title: float = 0.0
