"""A tokenizer of characters."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from nm_torch.common.tokenizers.texts import prepare_text, prepare_texts
from nm_torch.common.tokenizers.vocabulary import SymbolTokenizer, check_content, most_frequent


class CharacterTokenizer(SymbolTokenizer):
    """A tokenizer with one id per character of the text in Unicode's composed form (NFC), spaces included.

    Text whose characters are all known comes back from `decode(encode(text))` as it was, composed.

    Args:
        symbols: the characters, in the order of the ids.

    Example:
        >>> tokenizer = CharacterTokenizer.train(["a cab", "a bad cab"])
        >>> tokenizer.encode("bad")
        [6, 4, 8]
        >>> tokenizer.decode([6, 4, 8])
        'bad'
    """

    kind = "character"

    @classmethod
    def train(cls, texts: Iterable[str], *, vocabulary_size: int | None = None, min_count: int = 1) -> Self:
        """Learn the most frequent characters of texts.

        Args:
            texts: the texts to learn from.
            vocabulary_size: the most ids, the four special ones included; all characters where not given.
            min_count: occurrences below which a character is left out.
        """
        characters = (character for text in prepare_texts(texts) for character in text)
        return cls(most_frequent(characters, vocabulary_size=vocabulary_size, min_count=min_count))

    @classmethod
    def from_content(cls, path: Path, content: Mapping[str, Any]) -> Self:
        """Read the tokenizer from the content of its file."""
        return cls(**check_content(path, content, cls.kind, ()))

    def split(self, text: str) -> list[str]:
        """Return the characters of a text."""
        return list(prepare_text(text))

    def join(self, symbols: Iterable[str]) -> str:
        """Concatenate characters."""
        return "".join(symbols)
