"""What every decoder gives: text, tokens, words, times and confidence."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

SPACE = " "

Timed = TypeVar("Timed", "Token", "Word")


@dataclass(frozen=True, slots=True)
class Token:
    """One label of a hypothesis.

    Attributes:
        id: the label's number.
        text: the label.
        start: when it begins.
        end: when it ends.
        confidence: its probability at the surest frame, 0 to 1.
    """

    id: int
    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a hypothesis: from the start of its first label to the end of its last.

    Attributes:
        text: the word.
        start: when it begins.
        end: when it ends.
        confidence: the geometric mean of its labels' confidences.
    """

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was heard in one utterance.

    Attributes:
        text: the labels joined, without space around it.
        tokens: every label, spaces included.
        words: what stands between spaces.
        confidence: the geometric mean of the labels' confidences; of the blanks' where nothing was heard.
        unit: what times count: "frames" of the network's output, or "seconds".
    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    confidence: float
    unit: str = "frames"

    def __str__(self) -> str:
        return self.text

    def in_seconds(self, frame_seconds: float) -> "Hypothesis":
        """Return the same with times in seconds, a frame lasting so many."""
        if self.unit == "seconds":
            return self
        return replace(
            self,
            tokens=tuple(_scaled(token, frame_seconds) for token in self.tokens),
            words=tuple(_scaled(word, frame_seconds) for word in self.words),
            unit="seconds",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as commands print it."""
        return {
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


def hypothesis_of(tokens: Sequence[Token], confidence: float) -> Hypothesis:
    """Return the hypothesis that tokens spell; ``confidence`` is for one without tokens."""
    words: list[Word] = []
    spelled: list[Token] = []
    for token in (*tokens, None):
        if token is not None and token.text != SPACE:
            spelled.append(token)
        elif spelled:
            text = "".join(part.text for part in spelled)
            words.append(Word(text, spelled[0].start, spelled[-1].end, mean_confidence(spelled)))
            spelled = []
    sure = mean_confidence(tokens) if tokens else confidence
    return Hypothesis(SPACE.join(word.text for word in words), tuple(tokens), tuple(words), sure)


def mean_confidence(tokens: Iterable[Token]) -> float:
    """Return the geometric mean of confidences."""
    logs = [math.log(max(token.confidence, 1e-30)) for token in tokens]
    return math.exp(sum(logs) / len(logs))


def _scaled(part: Timed, factor: float) -> Timed:
    return replace(part, start=part.start * factor, end=part.end * factor)
