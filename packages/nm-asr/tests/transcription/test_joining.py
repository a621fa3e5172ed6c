"""Hypotheses of windows that overlap join to that of the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_asr.transcription.joining import Transcript, find_gaps, find_seam
from nm_torch.common.hypotheses import Hypothesis, Token, hypothesis_from_tokens


def speak(text: str, start: float = 0.0) -> list[Token]:
    """Return tokens of 0.1 s each, spaces included."""
    labels = " abcdefghijklmnopqrstuvwxyz"
    times = [start + 0.1 * index for index in range(len(text))]
    return [Token(labels.index(c), c, at, at + 0.08, 0.9) for c, at in zip(text, times, strict=True)]


def hear(tokens: list[Token], start: float, end: float) -> Hypothesis:
    """Return what a window hears: the tokens that lie in it, from its own start."""
    inside = [t for t in tokens if start <= t.start and t.end <= end]
    return hypothesis_from_tokens(
        [Token(t.id, t.text, t.start - start, t.end - start, t.confidence) for t in inside], 1.0, log_prob=-1.0
    )


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=60), st.integers(40, 80))
def test_windows_join_to_the_whole(words: list[str], tenths: int) -> None:
    """Words that a window cuts at its end are those of the next one, and no word is heard twice."""
    text = " ".join(words)
    tokens, window, overlap, total = speak(text), tenths / 10, 2.0, len(text) / 10
    transcript, start = Transcript(space=0), 0.0
    while True:
        transcript.add(hear(tokens, start, start + window), start=start, end=start + window)
        if start + window >= total:
            break
        start += window - overlap

    hypothesis = transcript.hypothesis()

    assert hypothesis.text == text
    assert [token.text for token in hypothesis.tokens] == list(text)
    assert [token.start for token in hypothesis.tokens] == pytest.approx([token.start for token in tokens])
    assert hypothesis.unit == "seconds"


def test_words_of_either_side_are_parted() -> None:
    """A space is put where both windows heard one word each, and so none between."""
    transcript = Transcript(space=0)
    transcript.add(hypothesis_from_tokens(speak("five", 1.0), 1.0), start=0.0, end=10.0)
    transcript.add(hypothesis_from_tokens(speak("six", 5.0), 1.0), start=6.0, end=16.0)

    assert transcript.hypothesis().text == "five six"


def test_labels_without_a_space_are_joined_at_the_longest_gap() -> None:
    """Where words are not parted, the seam is between two tokens, and none is lost or doubled."""
    transcript = Transcript()
    tokens = speak("abcabcabcabcabcabcabcabcabcabc")
    transcript.add(hear(tokens, 0.0, 2.0), start=0.0, end=2.0)
    transcript.add(hear(tokens, 1.0, 3.0), start=1.0, end=3.0)

    assert transcript.hypothesis().text == "abcabcabcabcabcabcabcabcabcabc"


def test_silence_has_the_confidence_of_its_windows() -> None:
    """Without a token there is no text, and numbers stay finite."""
    transcript = Transcript(space=0)
    for start in (0.0, 4.0):
        transcript.add(hypothesis_from_tokens([], 0.5, log_prob=-2.0), start=start, end=start + 6.0)

    hypothesis = transcript.hypothesis()

    assert (hypothesis.text, hypothesis.tokens) == ("", ())
    assert hypothesis.confidence == pytest.approx(0.5)
    assert hypothesis.log_prob == pytest.approx(-4.0 * 10.0 / 12.0)


def test_the_seam_is_in_the_longest_pause_of_both() -> None:
    """A pause that the other window fills is none."""
    before, after = speak("a b", 4.0), speak("c", 5.0)

    assert find_seam(before, after, 4.0, 8.0) == (pytest.approx((5.08 + 8.0) / 2), True)
    assert find_seam([], [], 4.0, 8.0) == (6.0, True)


def test_gaps_are_what_no_span_covers() -> None:
    """Spans may overlap, touch, and reach beyond the bounds."""
    assert find_gaps([(0.0, 1.0), (2.0, 3.0), (2.5, 4.0), (9.0, 11.0)], 0.5, 10.0) == [(1.0, 2.0), (4.0, 9.0)]
    assert find_gaps([], 0.0, 1.0) == [(0.0, 1.0)]
    assert find_gaps([(0.0, 1.0)], 0.2, 0.8) == []
