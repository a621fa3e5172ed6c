"""What a user says explicitly: another order, a narrower meaning."""

import pytest

from nm_types import (
    CallTyping,
    Edge,
    NeuralType,
    NeuralTypeError,
    TypeSyntaxError,
    assumed,
    check_shapes,
    transposed,
    type_call,
)


def transpose(given: str, order: str) -> CallTyping:
    """The typing of a transposition."""
    return transposed(Edge("transpose", "x", "m.y", NeuralType(order), NeuralType(given)), location="train.py:9")


def claim(given: str | NeuralType, claimed: str) -> CallTyping:
    """The typing of an assumption."""
    return assumed(Edge("assume", "x", "m.y", NeuralType(claimed), NeuralType(given)), location="train.py:9")


@pytest.mark.parametrize(
    ("given", "order", "made", "permutation"),
    [
        ("B T:t Spectrogram:64", "B Spectrogram T", "Batch Spectrogram:64 Time:t", (0, 2, 1)),
        ("B T:t Spectrogram:64 ; LogProbs", "T B Channel", "Time:t Batch Spectrogram:64 ; LogProbs", (1, 0, 2)),
        ("B T", "B T", "Batch Time", (0, 1)),
        ("B T T", "B T T", "Batch Time Time", (0, 1, 2)),
    ],
)
def test_a_transposition_is_named_by_tags(given: str, order: str, made: str, permutation: tuple[int, ...]) -> None:
    """Sizes and kind stay; an order that is there already is no change."""
    typing = transpose(given, order)

    assert str(typing.outputs["y"]) == made
    assert typing.casts.get("x", tuple(range(len(permutation)))) == permutation
    assert (typing.deferred, typing.unchecked) == ((), ())


@pytest.mark.parametrize(
    ("given", "order", "code"),
    [
        ("B T C", "B C", "NM102"),
        ("B T C", "B C H", "NM101"),
        ("B T T", "T B T", "NM109"),
        ("object Text", "B T", "NM110"),
        ("B T C:64", "B C:40 T", "NM105"),
    ],
)
def test_a_transposition_that_tags_do_not_name_is_refused(given: str, order: str, code: str) -> None:
    """Missing axes, other meanings, several orders."""
    with pytest.raises(NeuralTypeError) as caught:
        transpose(given, order)
    assert (caught.value.code, caught.value.problems[0].location) == (code, "train.py:9")


def test_a_transposition_can_give_a_number_to_a_size() -> None:
    """It is checked when the graph runs, and known from then on."""
    typing = transpose("B T:t C", "B C:64 T")

    assert typing.deferred == ("x",)
    assert str(typing.outputs["y"]).startswith("Batch Channel:64 Time:")


@pytest.mark.parametrize(
    ("given", "claimed", "made"),
    [
        ("B Embedding:5", "B WordEmbedding", "Batch WordEmbedding:5"),
        ("B C T:t", "B Spectrogram:64 T", "Batch Spectrogram:64 Time:t"),
        ("B C", "B C ; LogProbs", "Batch Channel ; LogProbs"),
        ("B ; Labels(5)", "B ; TokenIds", "Batch ; TokenIds(5)"),
        ("B Spectrogram", "B Channel", "Batch Channel"),
        ("{}", "B C", "Batch Channel"),
        ("list[{}]", "list[object Text]", "list[object Text]"),
    ],
)
def test_an_assumption_narrows(given: str, claimed: str, made: str) -> None:
    """Tags, kinds and numbers of a claim are taken over, what it leaves open stays."""
    assert str(claim(given, claimed).outputs["y"]) == made


def test_an_assumption_keeps_the_sizes_of_calls() -> None:
    """A narrower tag does not make a new size."""
    loader = type_call([], {"x": NeuralType("B Embedding T:t")}, owner="loader").outputs

    narrowed = claim(loader["x"], "B WordEmbedding T:n").outputs["y"]

    assert str(narrowed) == "Batch WordEmbedding Time:loader.t"
    assert narrowed.axes[2] == loader["x"].axes[2]


@pytest.mark.parametrize(
    ("given", "claimed", "code"),
    [
        ("B T", "B C", "NM101"),
        ("B T", "B T C", "NM102"),
        ("B C:64", "B Spectrogram:40", "NM105"),
        ("B ; Logits", "B ; LogProbs", "NM106"),
        ("B ; Labels(5)", "B ; TokenIds(6)", "NM113"),
        ("object Text", "B C", "NM110"),
    ],
)
def test_an_assumption_cannot_contradict(given: str, claimed: str, code: str) -> None:
    """One meaning does not become another by saying so."""
    with pytest.raises(NeuralTypeError) as caught:
        claim(given, claimed)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("given", "claimed", "deferred", "unchecked"),
    [
        ("B Embedding:5", "B WordEmbedding", False, False),
        ("B Embedding T:t", "B WordEmbedding:5 T", True, False),
        ("B C:4", "B C:4 ; Logits", True, True),
        ("B ; Labels", "B ; Labels(5)", False, True),
        ("{}", "B C:4", True, True),
        ("{}", "object Text", False, False),
    ],
)
def test_what_a_run_can_see_of_an_assumption_is_checked(
    given: str, claimed: str, deferred: bool, unchecked: bool
) -> None:
    """Numbers of sizes, the number of axes and the family of the values; never what a tag or a kind means."""
    typing = claim(given, claimed)

    assert (bool(typing.deferred), bool(typing.unchecked)) == (deferred, unchecked)


def test_an_assumption_about_anything_is_seen_through_when_it_runs() -> None:
    """The types behind the deferred check of a claim about {}."""
    assert claim("{}", "B C:4").deferred == ("x",)
    assert [problem.code for problem in check_shapes({"x": NeuralType("B C:4")}, {"x": (2, 5)})] == ["NM121"]


@pytest.mark.parametrize("text", ["*s C", "B 'A"])
def test_what_is_said_explicitly_names_every_axis(text: str) -> None:
    """A row or a tag variable says nothing of a value."""
    with pytest.raises(TypeSyntaxError, match="names every axis"):
        claim("B C", text)
    with pytest.raises(TypeSyntaxError, match="names every axis"):
        transpose("B C", text)


def test_an_order_is_more_than_anything() -> None:
    """The type of anything names no axes, so that it is no order of any value's."""
    with pytest.raises(TypeSyntaxError, match="names every axis"):
        transpose("B T", "{}")
