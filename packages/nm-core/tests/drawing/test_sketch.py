"""A graph becomes nodes and edges: what was connected to what, with types and marks."""

import pytest
from nm_core_samples import Decoder, EncodeDecode, Encoder, Features, Loss, Sum, Text

from nm_core import Graph, casts, inputs
from nm_core.drawing import Mark, Node, Role, Sketch
from nm_core.errors import GraphError


@pytest.fixture
def training() -> Graph:
    """Give a training graph whose encoder is called once and whose decoder to text runs in Python."""
    data, encoder, decoder = Features(), Encoder(), Decoder()
    spec, length, labels, _ = data()
    encoded, encoded_length = encoder(signal=spec, length=length)
    log_probs, _ = decoder(encoded=encoded, length=encoded_length)
    return Graph({"loss": Loss()(log_probs=log_probs, labels=labels, scale=2), "text": Text()(log_probs=log_probs)})


def test_every_call_is_a_node_and_every_connection_an_edge(training) -> None:
    """Names, classes, ports and types are those of the graph; outputs are nodes of their own."""
    sketch = Sketch.of(training)

    titles = {node.title: node for node in sketch.nodes}
    assert set(titles) == {"features", "encoder", "decoder", "loss", "text"}
    assert titles["encoder"].subtitle == "Encoder"
    assert [node.role for node in sketch.nodes if node.title == "features"] == [Role.SOURCE]
    assert [port.name for port in titles["encoder"].inputs] == ["signal", "length"]
    ends = {(edge.source, edge.port, edge.target_port) for edge in sketch.edges}
    features = titles["features"].id
    assert {(features, "spec", "signal"), (features, "length", "length"), (features, "labels", "labels")} <= ends
    (spec, *_) = titles["features"].outputs
    assert spec.type.startswith("Batch Spectrogram:64 Time:")


def test_outputs_that_nobody_uses_are_known(training) -> None:
    """An output without an edge is marked, so that a drawing can show it faintly."""
    features = next(node for node in Sketch.of(training).nodes if node.title == "features")

    assert [port.name for port in features.outputs if not port.used] == ["label_length"]


def test_lengths_and_masks_are_minor(training) -> None:
    """What only accompanies another value is drawn thinner."""
    features = next(node for node in Sketch.of(training).nodes if node.title == "features")

    assert [port.name for port in features.outputs if port.minor] == ["length", "label_length"]


def test_a_constant_stands_in_its_port(training) -> None:
    """A number given to a port is shown there."""
    loss = next(node for node in Sketch.of(training).nodes if node.subtitle == "Loss")

    assert [port.text for port in loss.inputs] == ["log_probs", "labels", "scale = 2"]


def test_free_inputs_are_nodes() -> None:
    """A graph without a data layer begins at its inputs."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    encoded, _ = Encoder()(signal=spec, length=length)

    sketch = Sketch.of(Graph({"encoded": encoded}))

    assert [node.title for node in sketch.nodes if node.role is Role.INPUT] == ["spec", "length"]
    assert len(sketch.edges) == 3


def test_a_composite_folds_to_one_node() -> None:
    """Folded, a composite module is one node with its own ports; unfolded, its calls are nodes."""
    spec, length, _, _ = Features()()
    log_probs = EncodeDecode()(signal=spec, length=length)
    graph = Graph({"log_probs": log_probs})

    folded, unfolded = Sketch.of(graph), Sketch.of(graph, unfold="encode_*")

    (composite,) = (node for node in folded.nodes if node.role is Role.COMPOSITE)
    assert [port.name for port in composite.inputs] == ["signal", "length"]
    assert [port.name for port in composite.outputs] == ["log_probs"]
    (frame,) = (node for node in unfolded.nodes if node.inside is not None)
    assert [node.title for node in frame.inside.nodes] == ["signal", "length", "encoder", "decoder", "log_probs"]
    assert len(folded.edges) == len(unfolded.edges) == 3


def test_shared_weights_are_named() -> None:
    """A module called twice is two nodes, and the second says whose weights it has."""
    spec, length, _, _ = Features()()
    encoder = Encoder()
    first, _ = encoder(signal=spec, length=length)
    second, _ = encoder(signal=spec, length=length)

    sketch = Sketch.of(Graph({"total": Sum()(values=[first, second])}))

    assert [node.subtitle for node in sketch.nodes if "Encoder" in node.subtitle] == [
        "Encoder",
        "Encoder, weights of encoder",
    ]
    (total,) = (node for node in sketch.nodes if node.subtitle == "Sum")
    assert [port.name for port in total.inputs] == ["values[0]", "values[1]"]


def test_a_cast_is_marked() -> None:
    """An edge on which axes are reordered says so, with the order."""
    spec, length = inputs(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    with casts("transpose"):
        encoded, _ = Encoder()(signal=spec, length=length)

    (cast,) = (edge for edge in Sketch.of(Graph({"encoded": encoded})).edges if edge.mark is Mark.CAST)

    assert cast.note == "axes 0 2 1"


def test_a_check_put_off_is_marked() -> None:
    """An edge whose sizes are known only when the graph runs says so."""
    spec, length = inputs(spec="B Spectrogram T:t", length="B ; Lengths(t)")
    encoded, _ = Encoder()(signal=spec, length=length)

    marks = {edge.target_port: edge.mark for edge in Sketch.of(Graph({"encoded": encoded})).edges}

    assert marks["signal"] is Mark.DEFERRED


def test_decided_checked_and_unchecked_edges_are_told_apart() -> None:
    """An edge without a note is decided; one that a run checks and one that nobody checks say so, each in its way."""
    spec, other = inputs(spec="B Spectrogram T:t", other="B ; Lengths(v)")
    encoded, encoded_length = Encoder()(signal=spec, length=other)
    log_probs, _ = Decoder()(encoded=encoded, length=encoded_length)

    found = Sketch.of(Graph({"log_probs": log_probs})).edges
    edges = {(edge.target_port, edge.port): (edge.mark, edge.note) for edge in found}

    assert edges["signal", "spec"] == (Mark.DEFERRED, "checked in use")
    assert edges["length", "other"] == (Mark.UNCHECKED, "not checked: Lengths(t)")
    assert edges["encoded", "encoded"] == (Mark.PLAIN, "")
    assert edges["length", "encoded_length"] == (Mark.PLAIN, "")


def test_an_edge_says_all_that_is_to_be_said() -> None:
    """A cast that is checked too, and a kind of which a run sees only the family of numbers."""
    spec, plain = inputs(spec="B T:t Spectrogram", plain="B")
    with casts("transpose"):
        encoded, _ = Encoder()(signal=spec, length=plain)

    edges = {edge.target_port: (edge.mark, edge.note) for edge in Sketch.of(Graph({"encoded": encoded})).edges}

    assert edges["signal"] == (Mark.CAST, "axes 0 2 1; checked in use")
    assert edges["length"] == (Mark.UNCHECKED, "checked in use; not checked: Lengths(t)")


def test_a_folded_composite_shows_what_its_parts_leave_open() -> None:
    """The edge into the box says what the edges inside say of the same tensor."""
    spec, length = inputs(spec="B Spectrogram T:t", length="B ; Lengths(t)")

    edges = Sketch.of(Graph({"log_probs": EncodeDecode()(signal=spec, length=length)})).edges

    assert {edge.target_port: edge.mark for edge in edges}["signal"] is Mark.DEFERRED


def test_a_graph_that_cannot_run_in_its_order_is_drawn_all_the_same() -> None:
    """What runs in Python feeds the framework here; a plan refuses it, a drawing shows it."""
    spec, length, labels, _ = Features()()
    encoded, _ = Encoder()(signal=spec, length=length)
    log_probs, _ = Decoder()(encoded=encoded)
    text = Text()(log_probs=log_probs)
    loss = Loss()(log_probs=log_probs, labels=labels, scale=text)

    assert len(Sketch.of(Graph({"loss": loss})).nodes) == 6


@pytest.fixture
def nested() -> Graph:
    """Give a graph that holds a graph, which holds a graph with a composite module."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    inner = Graph({"log_probs": EncodeDecode()(signal=spec, length=length)}, name="recogniser")
    spec, length, labels = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)", labels="B Token:u ; Labels")
    scored = Graph({"loss": Loss()(log_probs=inner(spec=spec, length=length), labels=labels)}, name="scored")
    data = Features(name="data")()
    return Graph({"loss": scored(spec=data.spec, length=data.length, labels=data.labels)}, name="train")


def opened(sketch: Sketch) -> dict[str, Node]:
    """Return the nodes that are drawn with their inside, at any depth, by title."""
    found = {node.title: node for node in sketch.nodes if node.inside is not None}
    return found | {title: node for outer in found.values() for title, node in opened(outer.inside).items()}


@pytest.mark.parametrize(
    ("unfold", "seen"),
    [
        ((), set()),
        ("scored", {"scored"}),
        ("recogniser", {"scored", "recogniser"}),
        (["scored", "enc*"], {"scored", "recogniser", "encode_decode"}),
        ("*", {"scored", "recogniser", "encode_decode"}),
    ],
)
def test_what_is_unfolded_is_opened_with_all_around_it(nested, unfold, seen) -> None:
    """A name or a pattern opens a box, and those around it, so that it is seen."""
    assert set(opened(Sketch.of(nested, unfold=unfold))) == seen


def test_the_ports_of_an_opened_box_are_joined_to_its_inside(nested) -> None:
    """Each port has a node inside; edges lead from the inputs to the calls and from them to the outputs."""
    sketch = Sketch.of(nested, unfold="scored")
    scored = opened(sketch)["scored"]

    assert [node.title for node in scored.inside.nodes] == ["spec", "length", "labels", "recogniser", "loss", "loss"]
    assert [node.role for node in scored.inside.nodes if node.is_end] == [Role.PORT] * 4
    assert scored.subtitle == "graph"
    assert len(scored.inside.edges) == 5
    assert sketch.count() == 5


def test_unfolding_what_is_not_there_is_an_error(nested) -> None:
    """The message names what has an inside, and what may have been meant; a graph without any takes the star."""
    with pytest.raises(GraphError, match=r'no "recognizer" to unfold. Did you mean "recogniser"'):
        Sketch.of(nested, unfold="recognizer")

    assert Sketch.of(Graph({"spec": Features()().spec}), unfold="*").count() == 2


def test_a_tensor_that_passes_a_composite_by_has_a_port_of_its_own(training) -> None:
    """What a composite module takes or gives past its ports is drawn, too."""
    spec, length, _, _ = Features()()
    composite = EncodeDecode()
    log_probs = composite(signal=spec, length=length)
    encoded = next(log_probs.call.sources_of_inputs())

    sketch = Sketch.of(Graph({"log_probs": log_probs, "encoded": encoded}), unfold="*")

    (frame,) = opened(sketch).values()
    assert [port.name for port in frame.outputs] == ["log_probs", "encode_decode.encoder.encoded"]
