"""Joining the hypotheses of windows that overlap, at a pause between words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import exp, log

from nm_torch.common.hypotheses import SPACE, Hypothesis, Token, hypothesis_from_tokens

_LEAST = 1e-30


class Transcript:
    """The hypothesis of a long recording, which grows by the hypotheses of its windows.

    Words that windows cut at their ends are heard whole by the next one: the seam is put in the longest pause in which
    neither of both has a word, within the middle half of what they share.

    Args:
        space: the id of the label of a space, where there is one.

    Example:
        >>> first = hypothesis_from_tokens([Token(1, "a", 0.5, 1.0, 0.9), Token(2, "b", 5.0, 5.5, 0.9)], 1.0)
        >>> second = hypothesis_from_tokens([Token(2, "b", 1.0, 1.5, 0.9), Token(0, " ", 3.0, 3.1, 0.9)], 1.0)
        >>> transcript = Transcript()
        >>> transcript.add(first, start=0.0, end=6.0)
        >>> transcript.add(second, start=4.0, end=8.0)
        >>> [(token.text, token.start) for token in transcript.hypothesis().tokens]
        [('a', 0.5), ('b', 5.0), (' ', 7.0)]
    """

    def __init__(self, space: int | None = None) -> None:
        self._space = space
        self._tokens: list[Token] = []
        self._end = 0.0
        self._logs: list[tuple[float, float, float]] = []  # seconds, log-probability, log of the confidence

    def add(self, hypothesis: Hypothesis, *, start: float, end: float) -> None:
        """Add the hypothesis of the window from ``start`` to ``end``, in seconds; its own times are from its start."""
        tokens = [replace(token, start=token.start + start, end=token.end + start) for token in hypothesis.tokens]
        if self._logs:
            tokens = self._join(tokens, start, self._end)
        self._tokens.extend(tokens)
        self._end = end
        self._logs.append((end - start, hypothesis.log_prob, log(max(hypothesis.confidence, _LEAST))))

    def hypothesis(self) -> Hypothesis:
        """Return the hypothesis of all windows, in seconds.

        Its log-probability is that of the windows by their shares, since what overlaps counts twice in their sum.
        """
        seconds = sum(window for window, _, _ in self._logs)
        sure = exp(sum(window * value for window, _, value in self._logs) / seconds)
        log_prob = sum(value for _, value, _ in self._logs) * self._end / seconds
        return replace(hypothesis_from_tokens(self._tokens, sure, log_prob=log_prob), unit="seconds")

    def _join(self, tokens: list[Token], start: float, end: float) -> list[Token]:
        """Cut what was heard before at the seam; return what was heard after it."""
        quarter = (end - start) / 4
        before = list(self._tokens)
        seam, paused = find_seam(before, tokens, start + quarter, end - quarter)
        self._tokens = [token for token in before if _middle(token) < seam]
        after = [token for token in tokens if _middle(token) >= seam]
        while after and self._tokens and after[0].text == self._tokens[-1].text == SPACE:
            after = after[1:]
        ends = [token.text for token in (*self._tokens[-1:], *after[:1])]
        if paused and self._space is not None and len(ends) == 2 and SPACE not in ends:
            # between two words of which each window heard one, or each put the space beyond the seam
            self._tokens.append(Token(self._space, SPACE, seam, seam, 1.0))
        return after


def find_seam(before: Sequence[Token], after: Sequence[Token], low: float, high: float) -> tuple[float, bool]:
    """Return the time between two bounds at which to go over from one hypothesis to another, and whether it is a pause.

    The middle of the longest stretch without a word of either; where there is none, of the longest without a token.
    """
    for spans, paused in (
        (_word_spans(before) + _word_spans(after), True),
        ([(token.start, token.end) for token in (*before, *after) if token.text != SPACE], False),
    ):
        gaps = find_gaps(spans, low, high)
        if gaps:
            first, last = max(gaps, key=lambda gap: gap[1] - gap[0])
            return (first + last) / 2, paused
    return (low + high) / 2, False


def find_gaps(spans: Iterable[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """Return the stretches between two bounds that no span covers."""
    gaps: list[tuple[float, float]] = []
    reached = low
    for start, end in sorted(spans):
        if end <= low or start >= high:
            continue
        if start > reached:
            gaps.append((reached, start))
        reached = max(reached, end)
    return [*gaps, (reached, high)] if reached < high else gaps


def _word_spans(tokens: Sequence[Token]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    spelling: list[Token] = []
    for token in (*tokens, None):
        if token is not None and token.text != SPACE:
            spelling.append(token)
        elif spelling:
            spans.append((spelling[0].start, spelling[-1].end))
            spelling = []
    return spans


def _middle(token: Token) -> float:
    return (token.start + token.end) / 2
