"""A tokenizer whose symbols are words and punctuation marks."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from nm_torch.common.tokenizers.vocabulary import SymbolTokenizer, check_content, most_frequent

JOINER = "\N{HALFWIDTH BLACK SQUARE}"
"""Marks a symbol that follows the one before it without a space."""

REPLACEMENT = "\N{BLACK SQUARE}"
"""What a joiner in the text itself becomes."""

_PIECES = re.compile(r"(\s*)(\w+|[^\w\s])")


class WordTokenizer(SymbolTokenizer):
    """One id per word or punctuation mark of the text in Unicode's composed form (NFC).

    A symbol that follows another without a space carries a joiner, so that text of known symbols and single spaces
    comes back from `decode(encode(text))` as it was.

    Args:
        symbols: the words and marks, in the order of the ids.
        lowercase: fold the text to lower case.
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
        """Take the most frequent words and marks of texts.

        Args:
            texts: any texts.
            vocabulary_size: how many ids there may be, the four special ones included; all symbols where not given.
            min_count: occurrences below which a symbol is left out.
            lowercase: fold the text to lower case.
        """
        cutter = cls((), lowercase=lowercase)
        pieces = (symbol for text in texts for symbol in cutter.cut(text))
        symbols = most_frequent(pieces, vocabulary_size=vocabulary_size, min_count=min_count)
        return cls(symbols, lowercase=lowercase)

    @classmethod
    def from_content(cls, path: Path, content: Mapping[str, Any]) -> Self:
        """Make the tokenizer from the content of its file."""
        return cls(**check_content(path, content, cls.kind, ("lowercase",)))

    def options(self) -> dict[str, Any]:
        """Return what the file keeps beside the symbols."""
        return {"lowercase": self.lowercase}

    def cut(self, text: str) -> list[str]:
        """Return the words and marks of a text, each after another without a space between with a joiner."""
        text = unicodedata.normalize("NFC", text.lower() if self.lowercase else text).replace(JOINER, REPLACEMENT)
        pieces = _PIECES.findall(text.strip())
        return [piece if space or index == 0 else JOINER + piece for index, (space, piece) in enumerate(pieces)]

    def join(self, symbols: Iterable[str]) -> str:
        """Put symbols together, with a space before each that has no joiner."""
        return " ".join(symbols).replace(" " + JOINER, "").removeprefix(JOINER)
