"""Joining and rearranging: values and types."""

import pytest
import torch

from nm_core import Graph, ParameterError, inputs
from nm_torch import lower
from nm_torch.common import Add, Concat, EncoderRNN, Stack
from nm_types import NeuralTypeError


def test_concatenation_adds_sizes_along_its_axis() -> None:
    """The axis of the output has the sum of the sizes and what the tags of the inputs have in common."""
    x = inputs(a="B T:t Spectrogram:64", b="B T:t Encoded:32", c="B T:u Spectrogram:64")

    assert str(Concat()(xs=[x.a, x.b]).type) == "Batch Time:inputs.t Channel:96"
    assert str(Concat(axis="Time")(xs=[x.a, x.c]).type) == "Batch Time:inputs.t+inputs.u Spectrogram:64"


@pytest.mark.parametrize(
    ("concat", "names", "code"),
    [
        (Concat(), "ac", "NM105"),
        (Concat(axis="Time"), "ab", "NM105"),
        (Concat(), "ad", "NM112"),
        (Concat(), "ae", "NM112"),
        (Concat(axis="Token"), "aa", "NM112"),
        (Concat(), "ff", "NM112"),
        (Concat(axis="Channel", dim=1), "ab", "NM101"),
        (Concat(axis="Time", dim=1), "ab", "NM105"),
    ],
)
def test_the_wrong_axis_is_an_error_while_the_graph_is_built(concat: Concat, names: str, code: str) -> None:
    """The axis must be there, once and in one place, and the others must agree in size and number."""
    x = inputs(
        a="B T:5 Spectrogram:64",
        b="B T:5 Encoded:32",
        c="B T:7 Spectrogram:64",
        d="B Spectrogram:64",
        e="B Encoded:64 T:5",
        f="B Encoded:4 Spectrogram:4",
    )
    with pytest.raises(NeuralTypeError) as caught:
        concat(xs=[getattr(x, name) for name in names])
    assert {problem.code for problem in caught.value.problems} == {code}


@pytest.mark.parametrize(
    ("axis", "types", "dim"),
    [
        ("Channel", ["B C:2 T:5", "B Spectrogram:3 T:5"], 1),
        ("Channel", ["B T:5 C:2", "B T:5 Encoded:3"], 2),
        ("Time", ["B T:2 C:5", "B T:3 C:5"], 1),
        ("Batch", ["B:2 H:4 W:5", "B:3 H:4 W:5"], 0),
        ("Token", ["Token:2", "Token:3", "Token:1"], 0),
    ],
)
def test_a_graph_finds_the_axis_by_its_tag(axis: str, types: list[str], dim: int) -> None:
    """Nobody counts: lowered, and called on values, the same module joins what its types name."""
    free = inputs(**{f"x{number}": type for number, type in enumerate(types)})
    tensors = [torch.randn([int(axis.partition(":")[2] or 2) for axis in type.split()]) for type in types]

    graph = Graph(outputs={"y": Concat(axis=axis)(xs=list(free))}, inputs=free._asdict())

    expected = torch.cat(tensors, dim=dim)
    assert torch.equal(lower(graph.plan())(*tensors), expected)
    assert torch.equal(graph(**dict(zip(graph.inputs, tensors, strict=True))), expected)
    assert graph.outputs["y"].type.rank == expected.ndim


def test_one_module_may_find_its_axis_in_two_places() -> None:
    """The place belongs to the call, not to the module."""
    x = inputs(a="B C:2 T:5", b="B T:5 C:2")
    concat = Concat()
    graph = Graph(outputs={"a": concat(xs=[x.a, x.a]), "b": concat(xs=[x.b, x.b])}, inputs=x._asdict())
    a, b = torch.randn(3, 2, 5), torch.randn(3, 5, 2)

    result = lower(graph.plan())(a, b)

    assert torch.equal(result.a, torch.cat([a, a], dim=1))
    assert torch.equal(result.b, torch.cat([b, b], dim=2))


def test_real_tensors_have_no_tags() -> None:
    """A call on values says where the axis stands, once for all calls or in each."""
    a, b = torch.randn(2, 3, 4), torch.randn(2, 3, 4)

    assert torch.equal(Concat(axis="Time", dim=-2)(xs=[a, b]), torch.cat([a, b], dim=1))
    assert torch.equal(Concat()(xs=[a, b], dim=2), torch.cat([a, b], dim=2))
    with pytest.raises(ParameterError, match="dim"):
        Concat()(xs=[a, b])


def test_two_axes_with_the_tag_are_told_apart_by_their_place() -> None:
    """Where tags do not decide, `dim` does."""
    x = inputs(a="B Encoded:4 Spectrogram:4", b="B Encoded:4 Spectrogram:3")
    joined = Concat(axis="Channel", dim=2)(xs=[x.a, x.b])
    graph = Graph(outputs={"y": joined}, inputs=x._asdict())

    assert str(joined.type) == "Batch Encoded:4 Spectrogram:7"
    assert lower(graph.plan())(torch.ones(2, 4, 4), torch.ones(2, 4, 3)).shape == (2, 4, 7)


def test_a_kind_that_is_named_goes_through() -> None:
    """Chunks of log-probabilities are log-probabilities together; vocabularies must agree; other values are refused."""
    x = inputs(
        a="B T:t Class:5 ; LogProbs",
        b="B T:u Class:5 ; LogProbs",
        c="B T:t Class:5 ; Logits",
        d="B Token:v ; TokenIds(9)",
        e="B Token:w ; TokenIds(8)",
    )
    chunks = Concat(axis="Time", kind="LogProbs")

    assert str(chunks(xs=[x.a, x.b]).type) == "Batch Time:inputs.t+inputs.u Class:5 ; LogProbs"
    assert str(Add(kind="Logits")(xs=[x.c, x.c]).type) == "Batch Time:inputs.t Class:5 ; Logits"
    tokens = Concat(axis="Token", kind="TokenIds(n)")
    assert str(tokens(xs=[x.d, x.d]).type) == "Batch Token:2*inputs.v ; TokenIds(9)"
    for wrong, code in ((lambda: chunks(xs=[x.a, x.c]), "NM106"), (lambda: tokens(xs=[x.d, x.e]), "NM113")):
        with pytest.raises(NeuralTypeError, match=code):
            wrong()


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("aa", "Logits"),  # the same
        ("ad", "Features"),  # unrelated, but real-valued
        ("de", "Features"),  # one of them unknown: features together, whatever it is
        ("ae", "None"),  # unknown beside logits may be logits or features
        ("ff", "AudioSignal(8000)"),
        ("fg", "Features"),  # of two rates
        ("hi", "Labels(9)"),  # the nearest that both are
    ],
)
def test_without_a_kind_it_is_that_of_the_inputs(names: str, kind: str) -> None:
    """The nearest kind that all inputs have in common comes out, whatever their order."""
    x = inputs(
        a="B Time:7 ; Logits",
        d="B Time:7 ; Features",
        e="B Time:7",
        f="B Time:7 ; AudioSignal(8000)",
        g="B Time:7 ; AudioSignal(16000)",
        h="B Time:7 ; TokenIds(9)",
        i="B Time:7 ; NextTokenIds(9)",
    )
    for order in (names, names[::-1]):
        joined = Concat(axis="Time")(xs=[getattr(x, name) for name in order])
        assert str(joined.type.kind) == kind
        added = Add()(xs=[getattr(x, name) for name in order])
        assert str(added.type.kind) == ("Features" if kind == "Labels(9)" else kind)


def test_sums_of_probabilities_are_features() -> None:
    """A kind that says more of its values than that they are numbers is kept side by side, and lost in sums."""
    x = inputs(a="B T:7 Class:5 ; LogProbs", b="B T:7 Class:5 ; LogProbs")

    assert str(Concat(axis="Time")(xs=list(x)).type.kind) == "LogProbs"
    assert str(Concat(axis="Class")(xs=list(x)).type.kind) == "Features"
    assert str(Add()(xs=list(x)).type.kind) == "Features"
    assert str(Add(kind="LogProbs")(xs=list(x)).type.kind) == "LogProbs"


def test_labels_and_a_mask_have_nothing_in_common() -> None:
    """Values that are no real numbers and of unrelated kinds, or of two vocabularies, are refused together."""
    x = inputs(labels="B Token:7 ; Labels(9)", mask="B Token:7 ; Mask", wide="B Token:7 ; Labels(8)")

    for other in (x.mask, x.wide):
        with pytest.raises(NeuralTypeError, match=r"NM106(.|\n)*those of inputs.labels at xs\[0\] are Labels\(9\)"):
            Concat(axis="Token")(xs=[x.labels, other])


@pytest.mark.parametrize(
    ("dim", "axes"), [(-1, "Batch:2 Time:3 Class:3"), (1, "Batch:2 Class:3 Time:3"), (0, "Class:3 Batch:2 Time:3")]
)
def test_a_new_axis_has_as_many_positions_as_there_are_values(dim: int, axes: str) -> None:
    """Lowered, the graph gives what its types say."""
    free = inputs(a="B:2 T:3", b="B:2 T:3", c="B:2 T:3 ; Logits", d="B:2 T:4")
    stack = Stack(axis="Class", dim=dim)
    graph = Graph(outputs={"y": stack(xs=[free.a, free.b, free.c])})
    values = [torch.randn(2, 3) for _ in range(3)]

    assert str(graph.outputs["y"].type) == axes
    assert torch.equal(lower(graph.plan())(*values), torch.stack(values, dim))
    with pytest.raises(NeuralTypeError, match="NM105"):
        stack(xs=[free.a, free.d])


def test_values_are_those_of_torch() -> None:
    """Sums of real tensors."""
    a, b = torch.randn(2, 3, 4), torch.randn(2, 3, 4)

    assert torch.equal(Add()(xs=[a, b, a]), a + b + a)


def test_a_sum_needs_equal_axes() -> None:
    """Sizes that differ are an error while the graph is built."""
    x = inputs(a="B T:t Encoded:64", b="B T:t Encoded:32")
    assert str(Add()(xs=[x.a, x.a]).type) == "Batch Time:inputs.t Encoded:64"
    with pytest.raises(NeuralTypeError):
        Add()(xs=[x.a, x.b])


def test_forgotten_lengths_of_a_concatenation_are_not_told_as_subsampled() -> None:
    """The error says what happened to the frames: they were put one after another."""
    x = inputs(a="B T:t Encoded:4", length="B ; Lengths(t)")
    joined = Concat(axis="Time")(xs=[x.a, x.a])
    with pytest.raises(NeuralTypeError, match=r"NM108(.|\n)*because one of the two was concatenated") as caught:
        EncoderRNN(input_size=4, hidden_size=3)(inputs=joined, lengths=x.length)
    assert "subsampled" not in str(caught.value)
