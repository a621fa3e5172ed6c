"""A tokenizer of words and punctuation marks."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from nm_torch.common.tokenizers.vocabulary import SymbolTokenizer, check_content, most_frequent

JOINER = "\N{HALFWIDTH BLACK SQUARE}"
"""Marks a symbol that follows the one before it without a space."""

REPLACEMENT = "\N{BLACK SQUARE}"
"""The symbol that stands for a joiner in the text itself."""

_PIECES = re.compile(r"(\s*)(\w+|[^\w\s])")


class WordTokenizer(SymbolTokenizer):
    """A tokenizer with one id per word or punctuation mark of the text in Unicode's composed form (NFC).

    A symbol that follows another without a space carries a joiner, so that text of known symbols and single spaces
    comes back from `decode(encode(text))` as it was.

    Args:
        symbols: the words and marks, in the order of the ids.
        lowercase: fold the text to lower case.

    Example:
        >>> tokenizer = WordTokenizer.train(["ein Satz, noch ein Satz"])
        >>> tokenizer.encode("noch ein Satz")
        [6, 5, 4]
        >>> tokenizer.decode(tokenizer.encode("Satz, noch ein Wort"))
        'Satz, noch ein ⁇'
    """

    kind = "word"

    def __init__(self, symbols: Iterable[str], *, lowercase: bool = False) -> None:
        super().__init__(tuple(symbols))
        self.lowercase = lowercase

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
        pieces = (symbol for text in texts for symbol in splitter.split(text))
        symbols = most_frequent(pieces, vocabulary_size=vocabulary_size, min_count=min_count)
        return cls(symbols, lowercase=lowercase)

    @classmethod
    def from_content(cls, path: Path, content: Mapping[str, Any]) -> Self:
        """Read the tokenizer from the content of its file."""
        return cls(**check_content(path, content, cls.kind, ("lowercase",)))

    def options(self) -> dict[str, Any]:
        """Return the entries of the file besides the symbols."""
        return {"lowercase": self.lowercase}

    def split(self, text: str) -> list[str]:
        """Split a text into words and marks; one that follows another without a space carries a joiner."""
        # a joiner in the text itself could not be told from those added here
        text = unicodedata.normalize("NFC", text.lower() if self.lowercase else text).replace(JOINER, REPLACEMENT)
        pieces = _PIECES.findall(text.strip())
        return [piece if space or index == 0 else JOINER + piece for index, (space, piece) in enumerate(pieces)]

    def join(self, symbols: Iterable[str]) -> str:
        """Join symbols, with a space before each that has no joiner."""
        return " ".join(symbols).replace(" " + JOINER, "").removeprefix(JOINER)
