"""What is said explicitly of a tensor is a call of the graph, and does nothing that is not seen."""

import pytest
from nm_core_reference import Tensor
from nm_core_samples import Encoder, Features

import nm_core
from nm_core import Graph, NeuralModule, NeuralType, NeuralTypeError, PortError, assume, inputs, ports, transpose
from nm_core.modules.views import Assume, Transpose
from nm_types import TokenTag


class PhonemeTag(TokenTag, id="asr.Phoneme"):
    """A tag of some collection."""


class Words(NeuralModule):
    """A module that takes embeddings of words only."""

    segment = "framework"
    input_ports = ports(x="B WordEmbedding:5 T:t")
    output_ports = ports(y="B T:t")

    def forward(self, x):
        """Sum over the embedding."""
        return Tensor.of([[sum(column) for column in zip(*rows, strict=True)] for rows in x.plain()])


class Host(NeuralModule):
    """A module that runs in Python."""

    input_ports = ports(x="B Embedding T")
    output_ports = ports(y="B Embedding T", text="object Text")


def test_a_transposition_is_a_call_with_a_cast() -> None:
    """The tensor that comes out has the new order, its own tags and sizes, and the kind it had."""
    spec = inputs(spec="B T:t Spectrogram:64 ; LogProbs")

    turned = transpose(spec, "B Channel T")

    assert str(turned.type) == "Batch Spectrogram:64 Time:inputs.t ; LogProbs"
    assert turned.call.typing.casts == {"x": (0, 2, 1)}
    assert turned.call.module.params == {"order": NeuralType("B Channel T")}
    assert turned.call.location.startswith(__file__)


def test_a_transposition_makes_a_refused_connection_fit() -> None:
    """The safe fix of the message: NM104 before, none after."""
    spec, length = inputs(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    encoder = Encoder()
    with pytest.raises(NeuralTypeError) as caught:
        encoder(signal=spec, length=length)
    assert 'encoder(signal=transpose(spec, "B Spectrogram T"))' in str(caught.value)

    encoder(signal=transpose(spec, "B Spectrogram T"), length=length)


def test_a_transposition_that_tags_do_not_decide_is_refused_at_the_users_line() -> None:
    """Two axes of one meaning could go either way."""
    with pytest.raises(NeuralTypeError, match="NM109") as caught:
        transpose(inputs(x="B T T C"), "B C T T")
    assert caught.value.problems[0].location.startswith(__file__)


def test_a_graph_with_views_computes() -> None:
    """On values the axes are really moved, once, and an assumption moves nothing."""
    x = inputs(x="B T:t Embedding")
    y = Words()(assume(transpose(x, "B Embedding T"), "B WordEmbedding T"))
    values = Tensor(range(30), (2, 3, 5))

    assert Graph({"y": y})(x=values).plain() == [[sum(row) for row in rows] for rows in values.plain()]


def test_a_graph_with_views_can_be_repeated_on_symbols() -> None:
    """Its casts are found again for what is given there."""
    x = inputs(x="B T:t Embedding:5")
    graph = Graph({"y": transpose(x, "B Embedding T")})

    again = graph(x=inputs(z="B T:50 WordEmbedding:5"))

    assert str(again.type) == "Batch WordEmbedding:5 Time:50"
    assert again.call.typing.casts == {"x": (0, 2, 1)}


def test_an_assumption_narrows_and_defers_what_can_be_seen() -> None:
    """The tag is believed, the number is checked when the graph runs."""
    x = inputs(x="B Embedding T:t")

    narrowed = assume(x, "B WordEmbedding:5 T")

    assert str(narrowed.type) == "Batch WordEmbedding:5 Time:inputs.t"
    assert (narrowed.call.typing.deferred, narrowed.call.typing.unchecked) == (("x",), ())
    Words()(narrowed)


def test_an_assumption_cannot_contradict() -> None:
    """Time does not become channels by saying so."""
    with pytest.raises(NeuralTypeError, match="NM101"):
        assume(inputs(x="B T:t"), "B C")


def test_tags_of_collections_can_be_named() -> None:
    """Given with the call; the parameter keeps the type itself."""
    symbols = inputs(x="B Token:u ; Labels(40)")

    phonemes = assume(symbols, "B Phoneme", tags=[PhonemeTag])

    assert str(phonemes.type) == "Batch asr.Phoneme:inputs.u ; Labels(40)"
    assert phonemes.call.module.params["type"] == NeuralType("B Phoneme", tags=[PhonemeTag])
    assert str(transpose(phonemes, "Phoneme B", tags=[PhonemeTag]).type).startswith("asr.Phoneme:inputs.u Batch")


@pytest.mark.parametrize("view", [lambda x: transpose(x, "B C"), lambda x: assume(x, "B C"), Transpose(order="B C")])
def test_real_values_have_no_named_axes(view) -> None:
    """A view of a real value is refused, since nothing would be done to it."""
    with pytest.raises(PortError):
        view(Tensor([0.0] * 6, (2, 3)))


def test_a_view_runs_where_its_value_is() -> None:
    """After a framework module in the framework's part, after a host module or of objects in Python."""
    spec, length, *_ = Features()()
    encoded, _ = Encoder()(signal=spec, length=length)
    seen = assume(transpose(encoded, "T B C"), "T B Encoded:32")
    before = Host()(x=inputs(x="B Embedding T"))
    shown = transpose(before.y, "T B Embedding")
    words = assume(inputs(t="{}"), "object Text")

    plan = Graph({"seen": seen}).plan()
    assert [call.module.name for call in plan.framework] == ["encoder", "transpose", "assume"]
    assert [call.module.name for call in Graph({"shown": shown}).plan().host] == ["host", "transpose"]
    assert [call.module.name for call in Graph({"words": words}).plan().host] == ["assume"]


def test_the_equations_of_a_graph_are_judged_when_it_is_cut() -> None:
    """Calls that are possible one by one and not together: NM115 at the later line, and other graphs are untouched."""

    class Pair(NeuralModule):
        input_ports = ports(a="B T:t", b="B T:t")
        output_ports = ports(y="B T:t")

    class Shifted(NeuralModule):
        input_ports = ports(a="B T:t", b="B T:t+1")
        output_ports = ports(y="B T:t")

    a, b = inputs(a="B T:t", b="B T:u")
    pair, shifted = Pair()(a=a, b=b), Shifted()(a=a, b=b)

    assert len(Graph({"y": pair}).equations) == 1
    assert len(Graph({"y": shifted}).equations) == 1
    with pytest.raises(NeuralTypeError) as caught:
        Graph({"y": pair, "z": shifted})
    (problem,) = caught.value.problems
    assert (problem.code, problem.consumer, problem.port) == ("NM115", "shifted", "b")
    assert f"({pair.call.location})" in problem.notes[0]
    assert Graph({"z": shifted})


def test_views_are_public() -> None:
    """A user imports them from nm_core."""
    assert (nm_core.transpose, nm_core.assume) == (transpose, assume)
    assert (Transpose(order="B C").name, Assume(type="B C").name) == ("transpose", "assume")
