"""The documents themselves: well formed, standing alone, and safe for any name."""

import re
from xml.etree import ElementTree

import pytest
from nm_core_samples import Decoder, EncodeDecode, Encoder, Features, Loss

from nm_core import Graph
from nm_core.drawing import InPort, Mark, Node, OutPort, Role, Sketch, SketchEdge, dot, mermaid, svg

HOSTILE = 'a "quoted" <b>&amp; {x|y} [z]; `c` # \\ \N{EM DASH}'


@pytest.fixture
def graph() -> Graph:
    """Give a small training graph."""
    spec, length, labels, _ = Features(name="train_data")()
    encoded, _ = Encoder()(signal=spec, length=length)
    log_probs, _ = Decoder()(encoded=encoded)
    return Graph({"loss": Loss()(log_probs=log_probs, labels=labels)}, name="train")


@pytest.fixture
def hostile() -> Sketch:
    """Give a sketch whose every text is full of signs that formats use for themselves."""
    first = Node("n0", HOSTILE, HOSTILE, Role.SOURCE, (), (OutPort(HOSTILE, HOSTILE),), HOSTILE)
    second = Node("n1", HOSTILE, HOSTILE, Role.HOST, (InPort(HOSTILE, HOSTILE),), (), HOSTILE, bad=True)
    return Sketch(HOSTILE, (first, second), (SketchEdge("n0", HOSTILE, "n1", HOSTILE, Mark.BAD, HOSTILE),))


def test_an_svg_says_what_a_graph_is(graph) -> None:
    """Module names, classes, ports and types are in the picture as text."""
    document = svg(graph)
    texts = {element.text for element in ElementTree.fromstring(document).iter("{http://www.w3.org/2000/svg}text")}

    assert {"train_data", "Features", "encoder", "Encoder", "spec", "signal", "log_probs", "loss"} <= texts
    assert any("Spectrogram:64" in (text or "") for text in texts)


def test_an_svg_stands_alone(graph) -> None:
    """Nothing is fetched and nothing runs: no address but the name space, no script, no link."""
    document = svg(graph)

    assert re.findall(r"https?://[^\"]*", document) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|<foreignObject|href|@import|url\(", document)


def test_an_svg_is_for_light_and_dark_pages(graph) -> None:
    """The picture brings its own background, and colours for a reader who prefers dark."""
    document = svg(graph)

    assert 'class="page"' in document
    assert "@media (prefers-color-scheme: dark)" in document


def test_every_text_has_the_width_that_was_measured(graph) -> None:
    """Another font than the one measured cannot make labels overlap."""
    root = ElementTree.fromstring(svg(graph))

    assert all(float(element.get("textLength", 0)) > 0 for element in root.iter("{http://www.w3.org/2000/svg}text"))


def test_marks_are_seen(hostile) -> None:
    """A bad edge and a bad module are red in every format."""
    root = ElementTree.fromstring(svg(hostile))
    classes = [element.get("class", "").split() for element in root.iter()]

    assert ["edge", "bad"] in classes
    assert ["box", "host", "bad"] in classes
    assert "--x" in mermaid(hostile)
    assert "linkStyle 0 stroke:#cf222e" in mermaid(hostile)
    assert dot(hostile).count("#cf222e") == 3


def test_no_name_breaks_a_format(hostile) -> None:
    """Signs that a format uses for itself are escaped."""
    ElementTree.fromstring(svg(hostile))
    body = [line for line in mermaid(hostile).splitlines() if line.startswith("    n")]
    for line in body:
        inside = re.sub(r'"[^"]*"', '""', line)
        assert inside in ('    n0[""]:::source', '    n1[""]:::host', '    n0 --x|""| n1'), inside
    for line in dot(hostile).splitlines():
        assert len(re.findall(r'(?<!\\)"', line.replace("\\\\", ""))) % 2 == 0, line


def test_mermaid_and_dot_name_every_edge(graph) -> None:
    """Text formats carry ports and types."""
    text = mermaid(graph)

    assert text.startswith("flowchart TD\n")
    assert '-->|"spec → signal<br/>Batch Spectrogram:64 Time:train_data.t"|' in text
    assert text.count("-->") == dot(graph).count(" -> ") == 6


def test_an_unfolded_box_is_a_frame_in_every_format() -> None:
    """Its calls stand inside it; edges of the text formats join calls, not frames."""
    spec, length, _, _ = Features()()
    graph = Graph({"log_probs": EncodeDecode(name="both")(signal=spec, length=length)})

    assert 'class="box composite frame"' in svg(graph, unfold="both")
    lines = mermaid(graph, unfold="both").splitlines()
    first, last = (lines.index(line) for line in ('    subgraph n1["<b>both</b><br/>EncodeDecode"]', "    end"))
    assert [re.search(r"<b>(.*?)</b>", line)[1] for line in lines[first + 1 : last]] == ["encoder", "decoder"]
    assert [re.findall(r"n\d", line) for line in lines[last:] if "-->" in line] == [
        ["n0", "n2"],
        ["n0", "n2"],
        ["n2", "n3"],
        ["n2", "n3"],
        ["n3", "n4"],
    ]
    text = dot(graph, unfold="both")
    assert "subgraph cluster_n1 {" in text
    assert re.findall(r"(n\d):o\d:s -> (n\d)", text)[-1] == ("n3", "n4")


def test_a_graph_without_calls_is_a_picture() -> None:
    """Even nothing can be drawn."""
    ElementTree.fromstring(svg(Sketch("empty", (), ())))
