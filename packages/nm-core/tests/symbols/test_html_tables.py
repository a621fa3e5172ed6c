"""Notebooks show each port, type and parameter of a module and a tensor, and nothing that a name could break."""

from xml.etree import ElementTree

from nm_core_samples import Decoder, Features

from nm_core import NeuralModule


class Step(NeuralModule):
    """A module with a parameter that may be any text."""

    def __init__(self, *, note: str = "", hook: object = None) -> None: ...


def parsed(html: str) -> ElementTree.Element:
    """Read HTML that is well-formed XML, too, as ours is."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def test_a_module_shows_its_ports_types_and_parameters() -> None:
    """One row each, with what is optional said."""
    rows = ["".join(row.itertext()) for row in parsed(Decoder(name="head")._repr_html_()).iter("tr")]

    assert rows == [
        "inputencodedBatch Encoded:32 Time:t",
        "inputlengthBatch ; Lengths(t) optional",
        "outputlog_probsBatch Time:t Class:11 ; LogProbs",
        "outputmaskBatch Time:t ; Mask optional",
        "parameterwidth32",
        "parameterclasses10",
    ]


def test_a_symbolic_tensor_shows_its_type() -> None:
    """The name and the type are there; nothing asks for a value."""
    spec, *_ = Features()()

    assert parsed(spec._repr_html_()).find("div/code").text.startswith("Batch Spectrogram:64 Time:features.t")


def test_no_value_breaks_a_page() -> None:
    """Texts of users are escaped, and live objects are named without being shown."""
    html = Step(note="<script>alert(1)</script> & \"'", hook=object())._repr_html_()

    assert "<script" not in html
    assert "no file can keep" in html
    parsed(html)
