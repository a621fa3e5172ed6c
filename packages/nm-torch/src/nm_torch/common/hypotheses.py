"""Hypotheses: the results of decoders and searches, for speech and text, and their kind in the types of ports."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from nm_types import Text

SPACE = " "

Timed = TypeVar("Timed", "Token", "Word")


class HypothesisKind(Text, id="common.Hypothesis", formerly=("asr.Hypothesis",)):
    """The kind of `Hypothesis` values; being a `Text`, it is accepted wherever text is.

    Example:
        >>> from nm_types import NeuralType
        >>> print(NeuralType("list[object asr.Hypothesis]", kinds=[HypothesisKind]))
        list[object common.Hypothesis]
    """


@dataclass(frozen=True, slots=True)
class Token:
    """One label of a hypothesis, with its time.

    Attributes:
        id: the label's index.
        text: the label.
        start: when it begins, in the unit of its hypothesis.
        end: when it ends.
        confidence: its probability in the frame where it is most probable, 0 to 1.

    Example:
        >>> token = Token(id=1, text="a", start=2.0, end=4.0, confidence=0.9)
        >>> token.end - token.start
        2.0
    """

    id: int
    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a hypothesis, from the start of its first token to the end of its last.

    Attributes:
        text: the word.
        start: when it begins, in the unit of its hypothesis.
        end: when it ends.
        confidence: the geometric mean of its tokens' confidences, 0 to 1.

    Example:
        >>> word = Word(text="cab", start=0.12, end=0.48, confidence=0.9)
        >>> f"{word.text} {word.start:.2f}-{word.end:.2f} s"
        'cab 0.12-0.48 s'
    """

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One result of a decoder or a search.

    A decoder of speech fills in text, tokens and words with their times; a search over symbols fills in symbols, score
    and log-probability, and text where it has a tokenizer.

    Attributes:
        text: what the tokens spell, without space around it.
        tokens: every token with its time, spaces included.
        words: the words between spaces.
        confidence: the geometric mean of the tokens' probabilities, 0 to 1; of the blanks' where CTC emits no label.
        unit: the unit of times: "frames" of the network's output, or "seconds".
        symbols: the ids of the tokens, without start and end symbols.
        score: the value by which hypotheses are ranked, such as a length-normalised log-probability.
        log_prob: the natural logarithm of the probability of the symbols and the end symbol.
        alternatives: the next best hypotheses, best first.

    Example:
        >>> heard = hypothesis_from_tokens([Token(1, "a", 2.0, 4.0, 0.5), Token(2, "b", 5.0, 6.0, 0.5)], 1.0)
        >>> heard.text, heard.symbols, heard.confidence
        ('ab', (1, 2), 0.5)
        >>> heard.in_seconds(0.02).words
        (Word(text='ab', start=0.04, end=0.12, confidence=0.5),)
    """

    text: str
    tokens: tuple[Token, ...] = ()
    words: tuple[Word, ...] = ()
    confidence: float = 1.0
    unit: str = "frames"
    symbols: tuple[int, ...] = ()
    score: float = 0.0
    log_prob: float = 0.0
    alternatives: "tuple[Hypothesis, ...]" = ()

    def __str__(self) -> str:
        return self.text

    def in_seconds(self, frame_seconds: float) -> "Hypothesis":
        """Return the hypothesis with times in seconds.

        Args:
            frame_seconds: the duration of one frame.
        """
        if self.unit == "seconds":
            return self
        return replace(
            self,
            tokens=tuple(_scale_times(token, frame_seconds) for token in self.tokens),
            words=tuple(_scale_times(word, frame_seconds) for word in self.words),
            unit="seconds",
            alternatives=tuple(hypothesis.in_seconds(frame_seconds) for hypothesis in self.alternatives),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as commands print it."""
        data = {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "unit": self.unit,
            "words": [
                {
                    "text": word.text,
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                    "confidence": round(word.confidence, 4),
                }
                for word in self.words
            ],
        }
        if self.alternatives:
            data["alternatives"] = [hypothesis.to_dict() for hypothesis in self.alternatives]
        return data


def hypothesis_from_tokens(tokens: Sequence[Token], empty_confidence: float, *, log_prob: float = 0.0) -> Hypothesis:
    """Join tokens to words and text.

    Args:
        tokens: in order, spaces included.
        empty_confidence: the confidence of a hypothesis without tokens.
        log_prob: the log-probability of the hypothesis, by which it is ranked.
    """
    words: list[Word] = []
    spelling: list[Token] = []
    for token in (*tokens, None):
        if token is not None and token.text != SPACE:
            spelling.append(token)
        elif spelling:
            text = "".join(part.text for part in spelling)
            words.append(Word(text, spelling[0].start, spelling[-1].end, mean_confidence(spelling)))
            spelling = []
    return Hypothesis(
        SPACE.join(word.text for word in words),
        tuple(tokens),
        tuple(words),
        mean_confidence(tokens) if tokens else empty_confidence,
        symbols=tuple(token.id for token in tokens),
        score=log_prob,
        log_prob=log_prob,
    )


def hypothesis_from_symbols(symbols: Sequence[int], score: float, log_prob: float) -> Hypothesis:
    """Return the result of a search over symbols, without text.

    Args:
        symbols: without the start and the end symbol.
        score: the value by which hypotheses are ranked.
        log_prob: the log-probability of the symbols and the end symbol.
    """
    confidence = math.exp(min(log_prob / (len(symbols) + 1), 0.0))  # + 1 for the end; a NaN stays a NaN
    return Hypothesis("", confidence=confidence, symbols=tuple(symbols), score=score, log_prob=log_prob)


def mean_confidence(tokens: Iterable[Token]) -> float:
    """Return the geometric mean of confidences."""
    logs = [math.log(max(token.confidence, 1e-30)) for token in tokens]  # the logarithm of 0 is no number
    return math.exp(sum(logs) / len(logs))


def _scale_times(part: Timed, factor: float) -> Timed:
    return replace(part, start=part.start * factor, end=part.end * factor)
