"""Where everything stands: boxes, their ports and labels, and the curves of edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nm_core.drawing.geometry import Box, Curve, Label, Layout
from nm_core.drawing.ordering import Item, Link, Rows, arrange
from nm_core.drawing.placing import Places
from nm_core.drawing.shapes import HEADER, LINE, Shape, header_width, label_height
from nm_core.drawing.sketch import Mark, Node, Role, Sketch, SketchEdge

ARROW = 8.0
"""Length of an arrow's head."""
_MARGIN, _FRAME, _CURVE, _NOTE = 24.0, 16.0, 36.0, 18.0
_ON_TOP = (Mark.PLAIN, Mark.DEFERRED, Mark.UNCHECKED, Mark.CAST, Mark.BAD)


@dataclass(slots=True)
class _Band:
    """The vertical extent of a row: its boxes, and the types below them."""

    top: float
    bottom: float
    end: float


def lay_out(sketch: Sketch, header: float | None = None) -> Layout:
    """Give everything in a sketch its place.

    Args:
        header: for the inside of a module, the width of its name, which then stands beside its ports.
    """
    rows = arrange(sketch)
    notes = {(edge.target, edge.target_port): edge.note for edge in sketch.edges}
    insides = {node.id: lay_out(node.inside, header_width(node)) for node in sketch.nodes if node.inside is not None}
    shapes = {
        item: Shape(item, _notes_of(item, notes), insides.get(item.node.id) if item.node else None)
        for row in rows.rows
        for item in row
    }
    places = Places(rows, shapes)
    start, end = places.extent()
    margin = _MARGIN if header is None else _FRAME
    places.move(margin - start)
    ends = (_MARGIN, _MARGIN) if header is None else _ends(sketch)
    bands = _bands(rows, shapes, places, notes, ends[0])
    boxes = {
        item.node.id: _box(item.node, shapes[item], places.centres[item], bands[item.row], insides.get(item.node.id))
        for item in shapes
        if item.node is not None
    }
    curves = [_curve(edge, rows.routes[index], boxes, shapes, places, bands) for index, edge in enumerate(sketch.edges)]
    # minor edges first, then by mark: what matters more is drawn over what matters less
    curves.sort(key=lambda curve: (not curve.minor, _ON_TOP.index(curve.edge.mark)))
    width, height = end - start + 2 * margin, (bands[-1].end if bands else ends[0]) + ends[1]
    ports = [boxes[node.id] for node in sketch.nodes if node.role is Role.PORT]
    inputs = tuple(x for box in ports for x in box.outputs)
    title, width = _beside(inputs, width, (header or 0.0) + 28)
    outputs = tuple(x for box in ports for x in box.inputs)
    return Layout(sketch.name, width, height, tuple(boxes.values()), tuple(curves), inputs, outputs, title)


def _ends(sketch: Sketch) -> tuple[float, float]:
    """Return the room above and below the rows of the inside of a module: none where its ports are, which end it."""
    ports = [node for node in sketch.nodes if node.role is Role.PORT]
    return (
        0.0 if any(node.outputs for node in ports) else HEADER,
        0.0 if any(node.inputs for node in ports) else _FRAME,
    )


def _beside(inputs: Sequence[float], width: float, needed: float) -> tuple[float, float]:
    """Return the middle of the widest gap beside ports, and the width, made larger where no gap is wide enough."""
    gaps = list(pairwise([0.0, *sorted(inputs), width]))
    start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    if end - start < needed:
        start, end = gaps[-1][0], gaps[-1][0] + needed
    return (start + end) / 2, max(width, end)


def _notes_of(item: Item, notes: Mapping[tuple[str, str], str]) -> list[str]:
    return [] if item.node is None else [notes.get((item.node.id, port.name), "") for port in item.node.inputs]


def _bands(
    rows: Rows, shapes: Mapping[Item, Shape], places: Places, notes: Mapping[tuple[str, str], str], y: float
) -> list[_Band]:
    bands: list[_Band] = []
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


def _box(node: Node, shape: Shape, centre: float, band: _Band, inside: Layout | None) -> Box:
    y = (band.top + band.bottom - shape.height) / 2
    outputs = tuple(centre + offset for offset in shape.outputs)
    types = tuple(
        Label(tuple(lines), x, y + shape.height + LINE + 1) if lines else None
        for x, lines in zip(outputs, shape.types, strict=True)
    )
    inputs = tuple(centre + offset for offset in shape.inputs)
    x = centre - shape.width / 2
    middle = centre if inside is None else x + inside.title
    return Box(node, x, y, shape.width, shape.height, inputs, outputs, types, middle, inside)


def _curve(
    edge: SketchEdge,
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
