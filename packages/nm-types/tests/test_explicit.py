"""What a user says explicitly: another order, a narrower meaning."""

import pytest

from nm_types import NeuralType, NeuralTypeError, assumed, transposed, type_call


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
    type, way = transposed(NeuralType(given), NeuralType(order))

    assert (str(type), way) == (made, permutation)


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
        transposed(NeuralType(given), NeuralType(order), location="train.py:9")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("given", "claim", "made"),
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
def test_an_assumption_narrows(given: str, claim: str, made: str) -> None:
    """Tags, kinds and numbers of a claim are taken over, what it leaves open stays."""
    assert str(assumed(NeuralType(given), NeuralType(claim))) == made


def test_an_assumption_keeps_the_sizes_of_calls() -> None:
    """A narrower tag does not make a new size."""
    loader = type_call([], {"x": NeuralType("B Embedding T:t")}, owner="loader").outputs

    narrowed = assumed(loader["x"], NeuralType("B WordEmbedding T:n"))

    assert str(narrowed) == "Batch WordEmbedding Time:loader.t"
    assert narrowed.axes[2] == loader["x"].axes[2]


@pytest.mark.parametrize(
    ("given", "claim", "code"),
    [
        ("B T", "B C", "NM101"),
        ("B T", "B T C", "NM102"),
        ("B C:64", "B Spectrogram:40", "NM105"),
        ("B ; Logits", "B ; LogProbs", "NM106"),
        ("object Text", "B C", "NM110"),
    ],
)
def test_an_assumption_cannot_contradict(given: str, claim: str, code: str) -> None:
    """One meaning does not become another by saying so."""
    with pytest.raises(NeuralTypeError) as caught:
        assumed(NeuralType(given), NeuralType(claim))
    assert caught.value.code == code
