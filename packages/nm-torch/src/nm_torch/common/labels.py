"""Labels: the characters that a recogniser writes, in the order of their ids."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from nm_torch.common.errors import LabelError
from nm_torch.common.text_files import compose

ENGLISH = " abcdefghijklmnopqrstuvwxyz'"
"""Space, the letters and the apostrophe: 28 labels."""


def check_labels(labels: Sequence[str]) -> None:
    """Check the labels of a model.

    Raises:
        LabelError: no labels, an empty one, or one given twice.
    """
    if labels and "" not in tuple(labels) and len(set(labels)) == len(labels):
        return
    twice = [label for label, count in Counter(labels).items() if count > 1]
    raise LabelError(
        f"The labels are {list(labels)!r}{f', {_quote(twice)} more than once' if twice else ''}.\n"
        f"  Expected at least one, none empty and none twice, such as {ENGLISH!r} or a list of characters."
    )


class LabelVocabulary:
    """The labels of a model: text to label ids and back.

    A label is one character or several; where several labels fit, the longest is taken. Labels and texts are compared
    in Unicode's composed form (NFC), in which "é" is one character, however it was written.

    Args:
        labels: the labels in the order of their ids; the blank of CTC is not one of them.

    Raises:
        LabelError: no labels, an empty one, or one given twice.

    Example:
        >>> labels = LabelVocabulary(" abc")
        >>> labels.encode("a cab")
        [1, 0, 3, 1, 2]
        >>> labels.decode([3, 1, 2])
        'cab'
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        check_labels(self.labels)
        self._ids = {label: index for index, label in enumerate(self.labels)}
        for label in self.labels:
            self._ids.setdefault(compose(label), self._ids[label])
        self._longest = max(map(len, self._ids))
        self._single = frozenset(label for label in self._ids if len(label) == 1)
        self._ascii = "".join(filter(str.isascii, self._single)).encode()

    def __len__(self) -> int:
        return len(self.labels)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text.

        Raises:
            LabelError: characters outside the labels.
        """
        text = self.normalize(text)
        outside = self._find_outside(text)
        if outside:
            raise LabelError(f"{_quote(outside)} of {text!r} are not among the labels {''.join(self.labels)!r}.")
        if self._longest == 1:
            return [self._ids[character] for character in text]
        return [index for index, _ in self._scan(text) if index is not None]

    def normalize(self, text: str) -> str:
        """Return a text in the form that is compared with the labels.

        That is the composed form (NFC), unless labels cover more of the text as written or decomposed: then marks are
        labels of their own.
        """
        composed = compose(text)
        if composed.isascii() or not self._find_outside(composed):
            return composed
        # a composed character comes here too where there are labels for its parts
        return min((composed, text, unicodedata.normalize("NFD", text)), key=lambda form: len(self._find_outside(form)))

    def covers_each(self, text: str) -> bool:
        """Return whether each character of a text is a label as it stands: true of many texts, found fast."""
        if text.isascii():
            return not text.encode().translate(None, self._ascii)
        return self._single.issuperset(text)

    def outside(self, text: str) -> list[str]:
        """Return the characters of a text that no label covers, each once, in order of appearance."""
        return self._find_outside(self.normalize(text))

    def without_outside(self, text: str) -> str:
        """Return the text without the characters that no label covers, and without the double spaces this leaves."""
        covered = "".join(piece for index, piece in self._scan(self.normalize(text)) if index is not None)
        return " ".join(covered.split())

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of label ids.

        Raises:
            LabelError: an id is not a label's.
        """
        ids = list(ids)
        beyond = [index for index in ids if not 0 <= index < len(self.labels)]
        if beyond:
            raise LabelError(f"Label ids run from 0 to {len(self.labels) - 1}; given {sorted(set(beyond))}.")
        return "".join(self.labels[index] for index in ids)

    def _find_outside(self, text: str) -> list[str]:
        if self.covers_each(text):
            return []
        if self._longest == 1:  # most often, and several times as fast
            return [character for character in dict.fromkeys(text) if character not in self._single]
        return list(dict.fromkeys(piece for index, piece in self._scan(text) if index is None))

    def _scan(self, text: str) -> Iterable[tuple[int | None, str]]:
        """Yield the pieces of a text with their ids; the id of a character that no label covers is None."""
        start = 0
        while start < len(text):
            for width in range(min(self._longest, len(text) - start), 0, -1):
                piece = text[start : start + width]
                if piece in self._ids:
                    yield self._ids[piece], piece
                    break
            else:
                yield None, piece
            start += len(piece)


Labels = LabelVocabulary
"""The name of 0.1; `nm_types.Labels` is the kind of label ids."""


def _quote(characters: Sequence[str]) -> str:
    return ", ".join(f"{character!r} (U+{ord(character[0]):04X})" for character in characters)
