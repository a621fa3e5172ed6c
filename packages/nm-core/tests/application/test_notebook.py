"""What notebooks show: everything that was asked for, nothing that a name could break, and little of what is large."""

import re
from xml.etree import ElementTree

import pytest
from nm_core_samples import Encoder, Features

from nm_core import Graph, NeuralModule, inputs, ports
from nm_core.application.notebook import application_html
from nm_core.drawing.sketch import InPort, Node, OutPort, Role, Sketch
from nm_core.graphs.sketching import MOST_BOXES


class Step(NeuralModule):
    """A module with one input and one output."""

    input_ports = ports(x="B T:t")
    output_ports = ports(y="B T:t")


def parsed(html: str) -> ElementTree.Element:
    """Read HTML that is well-formed XML, too, as ours is."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def test_what_is_shown_takes_the_colours_of_the_page() -> None:
    """A dark theme stays dark: the text of a module, a tensor or a table has no colours of its own."""
    spec, *_ = Features()()
    table = application_html("app.yaml", "about", {"train": "data -> loss"}, None)

    for html in (Encoder()._repr_html_(), spec._repr_html_(), table):
        assert not re.search(r"color|background|<style|https?:", html)


def test_styles_of_a_drawing_hold_inside_it_alone() -> None:
    """Every rule is about what is inside a drawing, so that a page with several keeps its own looks."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    document = Graph(Encoder()(signal=spec, length=length)[0])._repr_svg_()
    style = re.search(r"<style>(.*?)</style>", document, re.DOTALL)[1].replace(
        "@media (prefers-color-scheme: dark)", ""
    )

    selectors = [one.strip() for rule in re.findall(r"([^{}]+)\{[^{}]*\}", style) for one in rule.split(",")]
    assert len(selectors) > 40
    assert all(one.startswith((".nm-graph ", ":root .nm-graph")) for one in selectors)


@pytest.mark.parametrize("calls", [20, 2000])
def test_a_very_large_graph_is_one_box_that_says_so(calls: int) -> None:
    """A picture that nobody can look at is not made: the box says how many calls there are, and what draws them."""
    x = inputs(x="B T:t")
    y = x
    for _ in range(calls):
        y = Step()(x=y)
    document = Graph({"y": y}, name="deep")._repr_svg_()

    assert len(document) < 60_000
    assert (f"{calls:,} calls: nm_core.drawing.svg draws them" in document) == (calls > MOST_BOXES)


def test_an_application_shows_its_graphs_and_draws_one() -> None:
    """Each graph has a row; a graph with too many boxes is named without a picture."""
    node = Node("n", "loss", "Loss", Role.FRAMEWORK, (), (OutPort("y", "; Loss"),))
    small = Sketch("train", (node,), ())
    nodes = tuple(Node(f"n{i}", "m", "M", Role.HOST, (InPort("x"),)) for i in range(MOST_BOXES + 1))
    large = Sketch("train", nodes, ())
    graphs = {"train": "data -> loss", "infer": "audio -> text"}

    shown = application_html("<app>.yaml", "about", graphs, small)
    assert ["".join(row.itertext()) for row in parsed(shown).iter("tr")] == [
        "graphtraindata -> loss",
        "graphinferaudio -> text",
    ]
    assert parsed(shown).find("{http://www.w3.org/2000/svg}svg") is not None
    assert f"{MOST_BOXES + 1} boxes, which nmod draw draws" in application_html("app.yaml", "", graphs, large)
