"""The protocol of tokenizers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol


class Tokenizer(Protocol):
    """A tokenizer: text to token ids and back.

    Four ids are special: they stand for padding, the beginning and the end of a text, and unknown symbols.
    `encode` adds neither the beginning nor the end; `decode` leaves out padding, beginnings and ends.
    """

    @property
    def vocabulary_size(self) -> int:
        """The number of ids; ids count from 0."""

    @property
    def pad_id(self) -> int:
        """The id of padding."""

    @property
    def bos_id(self) -> int:
        """The id that stands before a text."""

    @property
    def eos_id(self) -> int:
        """The id that stands after a text."""

    @property
    def unknown_id(self) -> int:
        """The id of symbols that are not in the vocabulary."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many texts."""

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids."""

    def save(self, path: str | Path) -> None:
        """Write a file that `load_tokenizer` reads."""
