"""The greedy decoder reads the best path."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nm_asr_samples import LABELS

from nm_asr import GreedyCTCDecoder
from nm_asr.errors import DecodingError
from nm_core import NeuralTypeError, inputs
from nm_core.errors import ParameterError


def log_probs_of_path(path: list[int], probability: float = 0.9) -> torch.Tensor:
    """Return log-probabilities ``[1, T, 5]`` whose best path is this one."""
    rest = (1.0 - probability) / 4
    return torch.full((1, len(path), 5), rest).scatter(2, torch.tensor([path]).unsqueeze(2), probability).log()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_repeats_are_joined_and_blanks_left_out(path: list[int]) -> None:
    """The tokens are the groups of the path that are no blank, with the frames of each group."""
    (heard,) = GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs_of_path(path))

    groups, start = [], 0
    for label, group in itertools.groupby(path):
        count = len(list(group))
        if label != 4:
            groups.append((label, start, start + count))
        start += count
    assert [(token.id, token.start, token.end) for token in heard.tokens] == groups
    assert heard.text == " ".join("".join(LABELS[label] for label, *_ in groups).split())
    assert heard.confidence == pytest.approx(0.9, abs=1e-5)


def test_frames_past_the_length_are_not_heard() -> None:
    """With lengths the padding says nothing; without them every frame counts."""
    log_probs = log_probs_of_path([1, 4, 2, 3, 3]).expand(3, -1, -1)
    decoder = GreedyCTCDecoder(labels=LABELS)

    assert [str(h) for h in decoder(log_probs=log_probs, length=torch.tensor([5, 2, 0]))] == ["abc", "a", ""]
    assert [str(h) for h in decoder(log_probs=log_probs)] == ["abc"] * 3


def test_confidence_is_that_of_the_surest_frame() -> None:
    """A label that lasts for several frames is as sure as the best of them."""
    log_probs = torch.cat([log_probs_of_path([1], 0.6), log_probs_of_path([1], 0.95), log_probs_of_path([4], 0.7)], 1)

    (heard,) = GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs)

    assert heard.tokens[0].confidence == pytest.approx(0.95)
    (silence,) = GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs_of_path([4, 4], 0.7))
    assert silence.confidence == pytest.approx(0.7)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_log_probabilities_must_be_finite(value: float) -> None:
    """No hypothesis comes from numbers that are none, and the message counts the utterances; padding is never read."""
    log_probs = log_probs_of_path([1, 4, 2]).repeat(3, 1, 1)
    log_probs[1, 2] = value
    decoder = GreedyCTCDecoder(labels=LABELS)

    with pytest.raises(DecodingError, match=r"1 of 3 utterances are not finite: number 1 of the batch"):
        decoder(log_probs=log_probs)
    assert [str(h) for h in decoder(log_probs=log_probs, length=torch.tensor([3, 2, 3]))] == ["ab", "a", "ab"]


def test_times_in_seconds() -> None:
    """With the length of a frame, times are in seconds."""
    (heard,) = GreedyCTCDecoder(labels=LABELS, frame_seconds=0.04)(log_probs=log_probs_of_path([4, 1, 1, 0, 2]))

    assert heard.unit == "seconds"
    assert [(word.text, word.start, word.end) for word in heard.words] == [
        ("a", pytest.approx(0.04), pytest.approx(0.12)),
        ("b", pytest.approx(0.16), pytest.approx(0.20)),
    ]


def test_frames_need_a_length() -> None:
    """A frame of no seconds is an error."""
    with pytest.raises(ParameterError, match=r"frame_seconds is 0\.0; expected a number above 0"):
        GreedyCTCDecoder(labels=LABELS, frame_seconds=0.0)


def test_only_log_probabilities_over_its_labels_and_the_blank_fit() -> None:
    """Logits, and classes that are not one more than the labels, are refused when connected."""
    free = inputs(good="B T:t Class:5 ; LogProbs", logits="B T:t Class:5 ; Logits", more="B T:t Class:6 ; LogProbs")
    decoder = GreedyCTCDecoder(labels=LABELS)

    assert str(decoder(log_probs=free.good).type) == "list[object common.Hypothesis]"
    with pytest.raises(NeuralTypeError, match="Logits"):
        decoder(log_probs=free.logits)
    with pytest.raises(NeuralTypeError, match="6"):
        decoder(log_probs=free.more)


def test_the_score_is_the_log_probability_of_the_best_path() -> None:
    """It is the sum over the frames of an utterance, blanks included, and frames of padding are left out."""
    log_probs = torch.randn(2, 6, 5).log_softmax(-1)

    hypotheses = GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs, length=torch.tensor([6, 4]))

    for hypothesis, frames in zip(hypotheses, (log_probs[0], log_probs[1, :4]), strict=True):
        assert hypothesis.score == hypothesis.log_prob == pytest.approx(float(frames.max(dim=-1).values.sum()))
