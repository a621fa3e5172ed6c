"""Hypotheses are plain values with words, times and confidence."""

import dataclasses
import math

import pytest

from nm_torch.common.hypotheses import Hypothesis, Token, hypothesis_from_symbols, hypothesis_from_tokens

TOKENS = [
    Token(1, "a", 2.0, 4.0, 0.5),
    Token(2, "b", 5.0, 6.0, 0.8),
    Token(0, " ", 7.0, 8.0, 1.0),
    Token(0, " ", 9.0, 10.0, 1.0),
    Token(3, "c", 12.0, 15.0, 0.9),
]


def test_words_are_what_spaces_separate() -> None:
    """A word runs from its first label to its last, with the geometric mean of their confidences."""
    heard = hypothesis_from_tokens(TOKENS, 1.0)

    assert heard.text == str(heard) == "ab c"
    assert [(word.text, word.start, word.end) for word in heard.words] == [("ab", 2.0, 6.0), ("c", 12.0, 15.0)]
    assert heard.words[0].confidence == pytest.approx((0.5 * 0.8) ** 0.5)
    assert heard.confidence == pytest.approx((0.5 * 0.8 * 1.0 * 1.0 * 0.9) ** 0.2)
    assert heard.unit == "frames"


def test_times_become_seconds_once() -> None:
    """Frames are multiplied by their length; seconds stay as they are."""
    seconds = hypothesis_from_tokens(TOKENS, 1.0).in_seconds(0.02)

    assert seconds.unit == "seconds"
    assert seconds.words[1].end == pytest.approx(0.3)
    assert seconds.tokens[0].start == pytest.approx(0.04)
    assert seconds.in_seconds(10.0) is seconds


def test_nothing_heard() -> None:
    """Without labels the text is empty, and the confidence is that of the blanks."""
    assert hypothesis_from_tokens((), 0.7) == Hypothesis("", (), (), 0.7)


def test_it_is_frozen_and_prints_as_plain_data() -> None:
    """Values cannot change, and commands get what JSON can hold."""
    heard = hypothesis_from_tokens(TOKENS, 1.0)

    with pytest.raises(dataclasses.FrozenInstanceError):
        heard.text = "no"
    assert heard.to_dict()["words"][1] == {"text": "c", "start": 12.0, "end": 15.0, "confidence": 0.9}


def test_a_search_has_symbols_and_scores() -> None:
    """Symbols, score and log-probability are kept; the confidence is the geometric mean, the end symbol included."""
    hypothesis = hypothesis_from_symbols([4, 7], score=-1.5, log_prob=3 * math.log(0.5))

    assert (hypothesis.symbols, hypothesis.score) == ((4, 7), -1.5)
    assert hypothesis.confidence == pytest.approx(0.5)
    assert hypothesis_from_symbols([], 0.0, 0.0).confidence == 1.0
    assert math.isnan(hypothesis_from_symbols([1], math.nan, math.nan).confidence)


def test_tokens_are_symbols_with_times() -> None:
    """The ids of tokens are the symbols; the log-probability is that of the decoder."""
    heard = hypothesis_from_tokens(TOKENS, 1.0, log_prob=-2.0)

    assert heard.symbols == (1, 2, 0, 0, 3)
    assert heard.score == heard.log_prob == -2.0


def test_alternatives_follow_their_hypothesis() -> None:
    """Their times become seconds with it, and commands print them where there are any."""
    second = hypothesis_from_tokens(TOKENS[:1], 1.0)
    best = dataclasses.replace(hypothesis_from_tokens(TOKENS, 1.0), alternatives=(second,))

    assert best.in_seconds(0.5).alternatives[0].words[0].end == 2.0
    assert [each["text"] for each in best.to_dict()["alternatives"]] == ["a"]
    assert "alternatives" not in second.to_dict()
