"""A speech recogniser: the mistakes that its types must catch."""

import pytest
from nm_types_calls import Values, call, codes, source

from nm_types import CallTyping, NeuralType, NeuralTypeError


def ctc(log_probs: NeuralType, targets: NeuralType, input_length: NeuralType, target_length: NeuralType) -> CallTyping:
    """The connections of a CTC loss."""
    return call(
        {
            "log_probs": ("B T:t Class:n+1 ; LogProbs", log_probs),
            "targets": ("B Token:u ; Labels(n)", targets),
            "input_length": ("B ; Lengths(t)", input_length),
            "target_length": ("B ; Lengths(u)", target_length),
        },
        {"loss": "; Loss"},
    )


@pytest.fixture
def speech() -> Values:
    """A loader, and an encoder and a decoder behind it, which halve the time."""
    loader = source(
        spec="B Spectrogram:64 T:t", spec_len="B ; Lengths(t)", transcript="B Token:u ; Labels(28)", n="B ; Lengths(u)"
    )
    encoder = call(
        {"audio": ("B Spectrogram:64 T:t", loader["spec"]), "length": ("B ; Lengths(t)", loader["spec_len"])},
        {"encoded": "B Encoded:32 T:(t+1)//2", "encoded_len": "B ; Lengths((t+1)//2)"},
        owner="encoder",
    ).outputs
    decoder = call(
        {"x": ("B Encoded:32 T:t", encoder["encoded"])}, {"log_probs": "B T:t Class:29 ; LogProbs"}, owner="decoder"
    ).outputs
    return {**loader, **encoder, **decoder}


def test_a_recogniser_is_decided_in_full(speech: Values) -> None:
    """Nothing is left to check at run time."""
    typing = ctc(speech["log_probs"], speech["transcript"], speech["encoded_len"], speech["n"])

    assert (typing.deferred, typing.unchecked, typing.equations) == ((), (), ())
    assert str(typing.outputs["loss"]) == "; Loss"


def test_forgotten_subsampling_of_lengths_is_an_error(speech: Values) -> None:
    """Old lengths with subsampled features agree by accident at most."""
    with pytest.raises(NeuralTypeError, match="subsampled") as caught:
        ctc(speech["log_probs"], speech["transcript"], speech["spec_len"], speech["n"])
    assert {p.port: p.code for p in caught.value.problems} == {"input_length": "NM108"}


def test_swapped_lengths_are_an_error(speech: Values) -> None:
    """The lengths of a transcript do not measure frames; both ports are reported."""
    with pytest.raises(NeuralTypeError, match="two lengths are swapped") as caught:
        ctc(speech["log_probs"], speech["transcript"], speech["n"], speech["encoded_len"])
    assert {p.port: p.code for p in caught.value.problems} == {"input_length": "NM107", "target_length": "NM107"}


def test_another_vocabulary_is_an_error(speech: Values) -> None:
    """29 classes with the blank are 28 labels."""
    other = source(transcript="B Token:u ; Labels(30)", n="B ; Lengths(u)")
    with pytest.raises(NeuralTypeError) as caught:
        ctc(speech["log_probs"], other["transcript"], speech["encoded_len"], other["n"])
    assert {p.port: p.code for p in caught.value.problems} == {"targets": "NM113"}
    assert "The values are Labels(30), expected Labels(n) with n = 28." in str(caught.value)


def test_all_bad_edges_are_reported_at_once(speech: Values) -> None:
    """Each with its own code, in the order of the edges."""
    found = codes(
        {
            "axes": ("B T C", "B C T"),
            "meaning": ("B T", "B C"),
            "rank": ("B T", "B T C"),
            "general": ("B Spectrogram", "B Channel"),
            "kind": ("B ; LogProbs", "B ; Logits"),
            "size": ("B C:64", "B C:40"),
            "rate": ("B T ; AudioSignal(16000)", "B T ; AudioSignal(8000)"),
            "form": ("list[object Text]", "object Text"),
            "root": ("B T", "{}"),
            "repeated": ("B T T", "T B T"),
            "fine": ("B Spectrogram:64 T:t", speech["spec"]),
        }
    )

    assert found == {
        "axes": "NM104",
        "meaning": "NM101",
        "rank": "NM102",
        "general": "NM103",
        "kind": "NM106",
        "size": "NM105",
        "rate": "NM113",
        "form": "NM110",
        "root": "NM103",
        "repeated": "NM109",
    }
