"""Labels: the characters that a recogniser writes, in the order of their ids."""

from collections.abc import Iterable, Sequence

from nm_torch.common.errors import LabelError

ENGLISH = " abcdefghijklmnopqrstuvwxyz'"
"""Space, the letters and the apostrophe: 28 labels."""


class LabelVocabulary:
    """The labels of a model: text to label ids and back.

    A label is one character or several; where several labels fit, the longest is taken.

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
        self._ids = {label: index for index, label in enumerate(self.labels)}
        if not self.labels or "" in self._ids or len(self._ids) != len(self.labels):
            raise LabelError(
                f"The labels are {list(self.labels)!r}.\n"
                f"  Expected at least one, none empty and none twice, such as {ENGLISH!r} or a list of characters."
            )
        self._longest = max(map(len, self.labels))

    def __len__(self) -> int:
        return len(self.labels)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text.

        Raises:
            LabelError: characters outside the labels.
        """
        outside = self.outside(text)
        if outside:
            raise LabelError(f"{_quote(outside)} of {text!r} are not among the labels {''.join(self.labels)!r}.")
        return [index for index, _ in self._scan(text) if index is not None]

    def outside(self, text: str) -> list[str]:
        """Return the characters of a text that no label covers, each once, in order of appearance."""
        if self._longest == 1:  # most often, and several times as fast
            return [character for character in dict.fromkeys(text) if character not in self._ids]
        return list(dict.fromkeys(piece for index, piece in self._scan(text) if index is None))

    def without_outside(self, text: str) -> str:
        """Return the text without the characters that no label covers, and without the double spaces this leaves."""
        covered = "".join(piece for index, piece in self._scan(text) if index is not None)
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
