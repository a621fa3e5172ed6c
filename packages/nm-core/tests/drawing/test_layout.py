"""Nothing overlaps, whatever is drawn, and everything flows down."""

import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nm_core.drawing import InPort, Mark, Node, OutPort, Role, Sketch, SketchEdge
from nm_core.drawing.layout import Layout, lay_out
from nm_core.drawing.measure import width_of, wrap
from nm_core.drawing.placing import _nearest
from nm_core.drawing.shapes import HEADER, LINE, PORT, STRIP, SUBTITLE, TITLE, TYPE, chip_width
from nm_core.drawing.sketch import end

TYPES = (
    "; Loss",
    "Batch Time:t",
    "Batch ; Lengths((train_data.t+1)//2)",
    "Batch Encoded:256 Time:t Class:29 ; LogProbs",
)


@st.composite
def sketches(draw, depth: int = 2) -> Sketch:
    """Draw sketches of any acyclic graph: several edges between two nodes, long edges, lonely and unfolded nodes."""
    count = draw(st.integers(1, 12 if depth == 2 else 4))
    outputs = [draw(st.integers(1, 4)) for _ in range(count)]
    inputs: list[int] = []
    edges: list[SketchEdge] = []
    for index in range(count):
        wanted = draw(st.integers(0, 4)) if index else 0
        inputs.append(wanted)
        for port in range(wanted):
            source = draw(st.integers(0, index - 1))
            mark = draw(st.sampled_from(list(Mark)))
            note = "" if mark is Mark.PLAIN else draw(st.sampled_from(["axes 0 2 1", "a note that is rather long"]))
            out = draw(st.integers(0, outputs[source] - 1))
            edges.append(SketchEdge(f"n{source}", f"out{out}", f"n{index}", f"in{port}", mark, note))
    used = {(edge.source, edge.port) for edge in edges}
    nodes = [
        Node(
            f"n{index}",
            draw(st.sampled_from(["encoder", "a", "spectrogram_augmentation_of_the_second_branch"])),
            "Class",
            draw(st.sampled_from([Role.SOURCE, Role.FRAMEWORK, Role.HOST])),
            tuple(InPort(f"in{port}") for port in range(inputs[index])),
            tuple(
                OutPort(f"out{port}", draw(st.sampled_from(TYPES)), (f"n{index}", f"out{port}") in used)
                for port in range(outputs[index])
            ),
        )
        for index in range(count)
    ]
    if depth:
        for index in draw(st.sets(st.integers(0, count - 1), max_size=2)):
            nodes[index] = replace(nodes[index], inside=inside(nodes[index], draw(sketches(depth - 1)), draw))
            into = nodes[index].id
            edges = [replace(edge, mark=Mark.PLAIN, note="") if edge.target == into else edge for edge in edges]
    return Sketch.arranged("any", nodes, edges)


def inside(node: Node, sketch: Sketch, draw) -> Sketch:
    """Put a sketch between the ports of a node: each output of the node comes from somewhere inside."""
    entries = [end(f"in {port.name}", port.name, Role.PORT, "", out=False) for port in node.inputs]
    exits = [end(f"out {port.name}", port.name, Role.PORT, "", out=True) for port in node.outputs]
    starts = [(one.id, port.name) for one in (*entries, *sketch.nodes) for port in one.outputs]
    edges = [SketchEdge(*draw(st.sampled_from(starts)), one.id, one.inputs[0].name) for one in exits]
    return Sketch.arranged(node.title, [*entries, *sketch.nodes, *exits], [*sketch.edges, *edges])


def levels(layout: Layout) -> list[Layout]:
    """Return a layout and those inside its boxes, at any depth."""
    return [layout, *(level for box in layout.boxes if box.inside for level in levels(box.inside))]


def rectangles(layout: Layout) -> list[tuple[str, float, float, float, float]]:
    """Return everything that takes room: boxes, the types below them, the notes above them."""
    found = []
    for box in layout.boxes:
        found.append((f"box {box.node.id}", box.x, box.y, box.x + box.width, box.y + box.height))
        for label in box.types:
            if label is not None:
                half = max(width_of(line, TYPE, "mono") for line in label.lines) / 2
                top, bottom = label.y - TYPE, label.y + (len(label.lines) - 1) * LINE
                found.append((f"type {box.node.id}", label.x - half, top, label.x + half, bottom))
    for curve in layout.curves:
        if curve.note is not None:
            half = chip_width(curve.edge.note) / 2
            found.append(("note", curve.note.x - half, curve.note.y - 10, curve.note.x + half, curve.note.y + 4))
    return found


def points(path: str) -> list[tuple[float, float]]:
    """Return points along a path of vertical lines and cubic curves, close to each other."""
    x, y = map(float, re.match(r"M(\S+) (\S+)", path).groups())
    found = []
    for step, numbers in re.findall(r"([VC])([^VC]+)", path.partition(" ")[2].partition(" ")[2]):
        given = list(map(float, numbers.split()))
        ends = (x, y), *(pairs := list(zip(given[::2], given[1::2], strict=True)) if step == "C" else [(x, given[0])])
        for part in (number / 20 for number in range(21)):
            line = list(ends)
            while len(line) > 1:
                line = [(a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in pairwise(line)]
            found.append(line[0])
        x, y = pairs[-1]
    return found


@given(sketches())
@settings(max_examples=60, deadline=None)
def test_nothing_overlaps_and_nothing_leaves_the_page(sketch: Sketch) -> None:
    """Boxes, types and notes are apart from each other and inside the picture, or inside the box around them."""
    for layout in levels(lay_out(sketch)):
        taken = rectangles(layout)
        for number, (name, left, top, right, bottom) in enumerate(taken):
            assert min(left, top, layout.width - right, layout.height - bottom) >= -0.01, name
            for other, x0, y0, x1, y1 in taken[number + 1 :]:
                apart = right <= x0 + 0.01 or x1 <= left + 0.01 or bottom <= y0 + 0.01 or y1 <= top + 0.01
                assert apart, (name, other)


@given(sketches())
@settings(max_examples=60, deadline=None)
def test_texts_are_inside_their_boxes(sketch: Sketch) -> None:
    """Names, classes and ports fit between the sides of their box; what is inside fits, beside the name of the box."""
    for layout in levels(lay_out(sketch)):
        for box in (box for box in layout.boxes if box.node.role is not Role.PORT):
            texts = [(box.node.title, box.middle, TITLE, "bold"), (box.node.subtitle, box.middle, SUBTITLE, "regular")]
            texts += [(port.text, x, PORT, "regular") for port, x in zip(box.node.inputs, box.inputs, strict=True)]
            texts += [(port.name, x, PORT, "regular") for port, x in zip(box.node.outputs, box.outputs, strict=True)]
            for text, x, size, face in texts:
                half = width_of(text, size, face) / 2
                assert box.x <= x - half + 0.01, text
                assert x + half <= box.x + box.width + 0.01, text
            if box.inside is not None:
                strips = STRIP * (bool(box.node.inputs) + bool(box.node.outputs))
                assert (box.inside.width, box.inside.height + strips) == (box.width, box.height)
                half = max(width_of(box.node.title, TITLE, "bold"), width_of(box.node.subtitle, SUBTITLE)) / 2
                assert all(abs(x - box.inside.title) >= half for x in box.inside.inputs)
                assert all(one.y >= HEADER - 0.01 for one in box.inside.boxes if one.node.role is not Role.PORT)


@given(sketches())
@settings(max_examples=60, deadline=None)
def test_every_edge_is_drawn_from_its_output_down_to_its_input(sketch: Sketch) -> None:
    """A curve begins below its output, ends at its input's port, and never goes up."""
    layout = lay_out(sketch)
    assert len(layout.curves) == len(sketch.edges)
    for level in levels(layout):
        boxes = {box.node.id: box for box in level.boxes}
        for curve in level.curves:
            start, target = boxes[curve.edge.source], boxes[curve.edge.target]
            port = [given.name for given in target.node.inputs].index(curve.edge.target_port)
            out = [given.name for given in start.node.outputs].index(curve.edge.port)
            assert curve.end == (target.inputs[port], target.y)
            assert abs(points(curve.path)[0][0] - start.outputs[out]) <= 0.0501  # paths are rounded to tenths
            heights = [float(word.lstrip("V")) for word in curve.path.split() if word.startswith("V")]
            assert heights == sorted(heights)
            assert start.y + start.height <= heights[0] + 0.0501
            assert heights[-1] < target.y


@given(sketches())
@settings(max_examples=60, deadline=None)
def test_no_edge_runs_through_a_box(sketch: Sketch) -> None:
    """However far apart two rows are, the edge between them passes beside all boxes in between."""
    for layout in levels(lay_out(sketch)):
        for curve in layout.curves:
            for x, y in points(curve.path):
                for box in layout.boxes:
                    inside = box.x + 0.1 < x < box.x + box.width - 0.1 and box.y + 0.1 < y < box.y + box.height - 0.1
                    assert not inside, (curve.edge, box.node.id)


@given(sketches())
@settings(max_examples=40, deadline=None)
def test_a_picture_depends_on_the_sketch_alone(sketch: Sketch) -> None:
    """Drawing twice gives the same picture, so that pictures can be kept under version control."""
    assert lay_out(sketch) == lay_out(sketch)


@given(sketches(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_sketch_does_not_depend_on_the_order_of_its_nodes(sketch: Sketch, random) -> None:
    """What leads to an end comes in the order of ports, whoever wrote it down in which order."""
    ends = [Node(f"e{i}", "end", "output", Role.OUTPUT, (InPort("x"),)) for i in range(len(sketch.nodes))]
    edges = [
        *sketch.edges,
        *(SketchEdge(node.id, "out0", last.id, "x") for node, last in zip(sketch.nodes, ends, strict=True)),
    ]
    nodes = list(sketch.nodes)
    random.shuffle(nodes)
    random.shuffle(edges)

    shuffled = Sketch.arranged("any", [*nodes, *ends], edges)

    assert shuffled == Sketch.arranged("any", [*sketch.nodes, *ends], shuffled.edges)
    place = {node.id: number for number, node in enumerate(shuffled.nodes)}
    assert len(shuffled.edges) == len(edges)
    assert all(place[edge.source] < place[edge.target] for edge in shuffled.edges)


def test_an_edge_that_closes_a_circle_is_left_out() -> None:
    """A graph with problems may go in a circle; its picture has rows all the same."""
    nodes = [Node(id, id, "M", Role.FRAMEWORK, (InPort("x"),), (OutPort("y", "B"),)) for id in ("a", "b")]

    sketch = Sketch.arranged("circle", nodes, [SketchEdge("a", "y", "b", "x"), SketchEdge("b", "y", "a", "x")])

    assert len(sketch.edges) == 1
    assert len(lay_out(sketch).boxes) == 2


def test_ports_of_a_box_are_apart() -> None:
    """Names of ports side by side do not touch."""
    names = ["log_probs", "targets", "input_length", "target_length"]
    node = Node("n0", "x", "X", Role.FRAMEWORK, tuple(map(InPort, names)), ())

    (box,) = lay_out(Sketch("one", (node,), ())).boxes

    for left, right, x, y in zip(names, names[1:], box.inputs, box.inputs[1:], strict=False):
        assert x + width_of(left, PORT) / 2 + 8 <= y - width_of(right, PORT) / 2


def test_a_chain_is_straight() -> None:
    """Modules one after the other stand below each other."""
    nodes = [
        Node(f"n{i}", "m" * (i + 1), "M", Role.FRAMEWORK, (InPort("x"),) if i else (), (OutPort("y", "; Loss"),))
        for i in range(6)
    ]
    edges = [SketchEdge(f"n{i}", "y", f"n{i + 1}", "x") for i in range(5)]

    layout = lay_out(Sketch("chain", tuple(nodes), tuple(edges)))

    assert len({round(box.x + box.width / 2, 6) for box in layout.boxes}) == 1


def test_a_large_graph_is_drawn_whole() -> None:
    """Three hundred modules with skip connections all find a place."""
    nodes = [
        Node(f"n{i}", f"block_{i}", "Block", Role.FRAMEWORK, (InPort("a"), InPort("b")), (OutPort("y", "Batch"),))
        for i in range(300)
    ]
    edges = [SketchEdge(f"n{max(0, i - 1)}", "y", f"n{i}", "a") for i in range(1, 300)]
    edges += [SketchEdge(f"n{max(0, i - 7)}", "y", f"n{i}", "b") for i in range(1, 300)]

    layout = lay_out(Sketch("large", tuple(nodes), tuple(edges)))

    assert len(layout.boxes) == 300


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 10), st.floats(1, 50)), min_size=1, max_size=8))
def test_places_are_the_nearest_without_overlap(items: list[tuple[float, float, float]]) -> None:
    """Moving any one item a little, where there is room, never brings the row nearer to what was wanted."""
    wanted, weights, widths = (list(column) for column in zip(*items, strict=True))

    found = _nearest(wanted, weights, widths)

    def cost(places: list[float]) -> float:
        return sum(weight * (x - want) ** 2 for x, want, weight in zip(places, wanted, weights, strict=True))

    def fits(places: list[float]) -> bool:
        pairs = zip(places, places[1:], widths, widths[1:], strict=False)
        return all(y - x >= (a + b) / 2 + 20 - 1e-6 for x, y, a, b in pairs)

    assert fits(found)
    for index in range(len(found)):
        for step in (-0.5, 0.5):
            moved = [x + step * (number == index) for number, x in enumerate(found)]
            assert not fits(moved) or cost(moved) >= cost(found) - 1e-6


def test_types_break_between_axes() -> None:
    """A long type is broken where a reader would, and the kind of values keeps its semicolon."""
    assert wrap("Batch Time:t", 25) == ["Batch Time:t"]
    assert wrap("Batch Spectrogram:64 Time:train_data.t", 25) == ["Batch Spectrogram:64", "Time:train_data.t"]
    assert wrap("Batch Token:data.u ; TokenIds(1000)", 25) == ["Batch Token:data.u", "; TokenIds(1000)"]
    assert wrap("Batch Time:t Class:29 ; LogProbs", 25) == ["Batch Time:t Class:29", "; LogProbs"]
    assert wrap("; Loss", 25) == ["; Loss"]
