"""A tokenizer of words and punctuation marks."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from nm_torch.common.tokenizers.texts import prepare_text, prepare_texts
from nm_torch.common.tokenizers.vocabulary import SymbolTokenizer, check_content, most_frequent

JOINER = "\N{HALFWIDTH BLACK SQUARE}"
"""Marks a symbol that follows the one before it without a space."""

REPLACEMENT = "\N{BLACK SQUARE}"
"""The symbol that stands for a joiner in the text itself."""

_MARKED_TEXT = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))
"""The code points among which Unicode has its marks."""

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


@cache
def _compile_pieces(marks: bool) -> re.Pattern[str]:
    """Return the pattern of a space and a piece after it: letters, digits and their marks, or one other character."""
    if not marks:
        return re.compile(r"(\s*)(\w+|[^\w\s])")
    points = [point for part in _MARKED_TEXT for point in part if unicodedata.category(chr(point))[0] == "M"]
    ranges = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _find_ranges(points))
    return re.compile(rf"(\s*)(\w[\w{ranges}{_JOINERS}]*|[^\w\s][{ranges}]*)")


def _find_ranges(points: list[int]) -> Iterator[tuple[int, int]]:
    first = last = points[0]
    for point in points[1:]:
        if point != last + 1:
            yield first, last
            first = point
        last = point
    yield first, last


class WordTokenizer(SymbolTokenizer):
    """A tokenizer with one id per word or punctuation mark of the text in Unicode's composed form (NFC).

    A word has the marks of its letters: vowel signs of Hindi, vowel points of Arabic and Hebrew, and joiners of either
    width, so that हिन्दी is one word.

    A symbol that follows another without a space carries a joiner, so that text of known symbols and single spaces
    comes back from `decode(encode(text))` as it was.

    Args:
        symbols: the words and marks, in the order of the ids.
        lowercase: fold the text to lower case.
        marks: keep marks in their words. Vocabularies of 0.1 did not: there a mark is a symbol of its own.

    Example:
        >>> tokenizer = WordTokenizer.train(["ein Satz, noch ein Satz"])
        >>> tokenizer.encode("noch ein Satz")
        [6, 5, 4]
        >>> tokenizer.decode(tokenizer.encode("Satz, noch ein Wort"))
        'Satz, noch ein ⁇'
    """

    kind = "word"

    def __init__(self, symbols: Iterable[str], *, lowercase: bool = False, marks: bool = True) -> None:
        super().__init__(tuple(symbols))
        self.lowercase = lowercase
        self.version = 2 if marks else 1
        self._pieces = _compile_pieces(marks)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocabulary_size: int | None = None,
        min_count: int = 1,
        lowercase: bool = False,
    ) -> Self:
        """Learn the most frequent words and marks of texts.

        Args:
            texts: the texts to learn from.
            vocabulary_size: the most ids, the four special ones included; all symbols where not given.
            min_count: occurrences below which a symbol is left out.
            lowercase: fold the text to lower case.
        """
        splitter = cls((), lowercase=lowercase)
        pieces = (symbol for text in prepare_texts(texts) for symbol in splitter.split(text))
        symbols = most_frequent(pieces, vocabulary_size=vocabulary_size, min_count=min_count)
        return cls(symbols, lowercase=lowercase)

    @classmethod
    def from_content(cls, path: Path, content: Mapping[str, Any]) -> Self:
        """Read the tokenizer from the content of its file."""
        arguments = check_content(path, content, cls.kind, ("lowercase",), versions=(1, 2))
        return cls(**arguments, marks=content["version"] == 2)

    def options(self) -> dict[str, Any]:
        """Return the entries of the file besides the symbols."""
        return {"lowercase": self.lowercase}

    def split(self, text: str) -> list[str]:
        """Split a text into words and marks; one that follows another without a space carries a joiner."""
        # a joiner in the text itself could not be told from those added here
        text = prepare_text(text.lower() if self.lowercase else text).replace(JOINER, REPLACEMENT)
        pieces = self._pieces.findall(text.strip())
        return [piece if space or index == 0 else JOINER + piece for index, (space, piece) in enumerate(pieces)]

    def join(self, symbols: Iterable[str]) -> str:
        """Join symbols, with a space before each that has no joiner."""
        return " ".join(symbols).replace(" " + JOINER, "").removeprefix(JOINER)
