"""Where everything stands: boxes, their ports and labels, and the curves of edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nm_core.drawing.ordering import Item, Link, Rows, arrange
from nm_core.drawing.placing import Places
from nm_core.drawing.shapes import LINE, Shape, label_height
from nm_core.drawing.sketch import Edge, Mark, Node, Sketch

ARROW = 8.0
"""Length of an arrow's head."""
_MARGIN, _CURVE, _NOTE = 24.0, 36.0, 18.0
_ON_TOP = (Mark.PLAIN, Mark.DEFERRED, Mark.UNCHECKED, Mark.CAST, Mark.BAD)


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text, centred on ``x``; ``y`` is the base line of the first."""

    lines: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place; its ports are at these places along the upper and lower edge."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]
    types: tuple[Label | None, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """An edge as an SVG path, the point of its arrow, and where its note stands."""

    edge: Edge
    path: str
    end: tuple[float, float]
    note: Label | None
    minor: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing without colours; later curves lie on top of earlier ones."""

    name: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


@dataclass(slots=True)
class _Band:
    """The vertical extent of a row: its boxes, and the types below them."""

    top: float
    bottom: float
    end: float


def lay_out(sketch: Sketch) -> Layout:
    """Give everything in a sketch its place."""
    rows = arrange(sketch)
    notes = {(edge.target, edge.target_port): edge.note for edge in sketch.edges}
    shapes = {item: Shape(item, _notes_of(item, notes)) for row in rows.rows for item in row}
    places = Places(rows, shapes)
    left, right = places.extent()
    places.move(_MARGIN - left)
    bands = _bands(rows, shapes, places, notes)
    boxes = {
        item.node.id: _box(item.node, shapes[item], places.centres[item], bands[item.row])
        for item in shapes
        if item.node is not None
    }
    curves = [_curve(edge, rows.routes[index], boxes, shapes, places, bands) for index, edge in enumerate(sketch.edges)]
    curves.sort(key=lambda curve: (not curve.minor, _ON_TOP.index(curve.edge.mark)))
    height = bands[-1].end + _MARGIN if bands else 2 * _MARGIN
    return Layout(sketch.name, right - left + 2 * _MARGIN, height, tuple(boxes.values()), tuple(curves))


def _notes_of(item: Item, notes: Mapping[tuple[str, str], str]) -> list[str]:
    return [] if item.node is None else [notes.get((item.node.id, port.name), "") for port in item.node.inputs]


def _bands(
    rows: Rows, shapes: Mapping[Item, Shape], places: Places, notes: Mapping[tuple[str, str], str]
) -> list[_Band]:
    bands: list[_Band] = []
    y = _MARGIN
    for row in rows.rows:
        links = [link for item in row for link in rows.above.get(item, ())]
        if links:
            reach = max(abs(places.upper(link) - places.lower(link)) for link in links)
            noted = any(any(_notes_of(item, notes)) for item in row)
            y += _CURVE + min(reach / 10, 40.0) + (_NOTE if noted else 0.0)
        bottom = y + max(shapes[item].height for item in row)
        end = bottom + max(shapes[item].label_height for item in row)
        bands.append(_Band(y, bottom, end))
        y = end
    return bands


def _box(node: Node, shape: Shape, centre: float, band: _Band) -> Box:
    y = (band.top + band.bottom - shape.height) / 2
    outputs = tuple(centre + offset for offset in shape.outputs)
    types = tuple(
        Label(tuple(lines), x, y + shape.height + LINE + 1) if lines else None
        for x, lines in zip(outputs, shape.types, strict=True)
    )
    inputs = tuple(centre + offset for offset in shape.inputs)
    return Box(node, centre - shape.width / 2, y, shape.width, shape.height, inputs, outputs, types)


def _curve(
    edge: Edge,
    route: Sequence[Link],
    boxes: Mapping[str, Box],
    shapes: Mapping[Item, Shape],
    places: Places,
    bands: Sequence[_Band],
) -> Curve:
    """Draw an edge: down below its type, then from row to row, upright where it leaves and arrives."""
    start, end = boxes[edge.source], boxes[edge.target]
    first = route[0]
    x, y = places.upper(first), start.y + start.height + label_height(shapes[first.upper].types[first.upper_port])
    path = [f"M{_n(x)} {_n(y)}"]
    for link in route:
        there, top, bottom = places.lower(link), bands[link.upper.row].end, bands[link.lower.row].top - ARROW
        if link is route[-1] and edge.note:
            bottom -= _NOTE
        middle = (top + bottom) / 2
        path.append(f"V{_n(top)} C{_n(x)} {_n(middle)} {_n(there)} {_n(middle)} {_n(there)} {_n(bottom)}")
        x = there
    path.append(f"V{_n(end.y - ARROW + 1)}")
    note = Label((edge.note,), x, end.y - ARROW - 5) if edge.note else None
    minor = next(port.minor for port in start.node.outputs if port.name == edge.port)
    return Curve(edge, " ".join(path), (x, end.y), note, minor)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
