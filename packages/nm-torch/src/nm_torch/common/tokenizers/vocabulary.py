"""Tokenizers over a vocabulary of symbols, and their JSON files."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nm_torch.common.errors import TokenizerError

SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")
"""The first symbols of every vocabulary: padding, beginning, end, unknown."""

UNKNOWN_TEXT = "\N{DOUBLE QUESTION MARK}"
"""The text of an unknown id."""


class SymbolTokenizer:
    """The base of tokenizers over a fixed list of symbols; subclasses split text into symbols and join them.

    Args:
        symbols: the vocabulary without the special symbols, in the order of the ids.
    """

    kind = ""
    """The name of the tokenizer in its file."""

    version = 1
    """The version of its file."""

    pad_id, bos_id, eos_id, unknown_id = range(len(SPECIALS))

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = (*SPECIALS, *symbols)
        self._ids = {symbol: index for index, symbol in enumerate(self.symbols)}
        if len(self._ids) != len(self.symbols):
            doubled = next(symbol for symbol, count in Counter(self.symbols).items() if count > 1)
            raise TokenizerError(f"a vocabulary lists each symbol once, and {doubled!r} stands in it twice.")

    @property
    def vocabulary_size(self) -> int:
        """The number of ids."""
        return len(self.symbols)

    def split(self, text: str) -> list[str]:
        """Split a text into symbols."""
        raise NotImplementedError

    def join(self, symbols: Iterable[str]) -> str:
        """Join symbols to a text."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """Return the entries of the file besides the symbols: the other arguments of the constructor."""
        return {}

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; a symbol that is not in the vocabulary becomes `unknown_id`."""
        ids, unknown = self._ids, self.unknown_id
        return [ids.get(symbol, unknown) for symbol in self.split(text)]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many texts."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids, without padding, beginnings and ends.

        Raises:
            TokenizerError: an id is not in the vocabulary.
        """
        symbols = []
        for index in ids:
            if not 0 <= index < len(self.symbols):
                raise TokenizerError(
                    f"{index} is no id of this vocabulary, which has {len(self.symbols)}.\n"
                    "  The ids come from another tokenizer: give the one that the model was trained with."
                )
            if index == self.unknown_id:
                symbols.append(UNKNOWN_TEXT)
            elif index >= len(SPECIALS):
                symbols.append(self.symbols[index])
        return self.join(symbols)

    def save(self, path: str | Path) -> None:
        """Write the vocabulary as JSON."""
        # one symbol a line and no escapes: people can read the file and compare two of them
        content = {
            "tokenizer": self.kind,
            "version": self.version,
            **self.options(),
            "symbols": self.symbols[len(SPECIALS) :],
        }
        Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def most_frequent(symbols: Iterable[str], *, vocabulary_size: int | None = None, min_count: int = 1) -> list[str]:
    """Return symbols by falling frequency, equally frequent ones in the order of their code points.

    Args:
        symbols: every occurrence.
        vocabulary_size: the most ids, the four special ones included.
        min_count: occurrences below which a symbol is left out.
    """
    # the order of a Counter depends on that of the text, so that code points have to settle ties
    counts = Counter(symbols)
    ordered = sorted(
        (symbol for symbol, count in counts.items() if count >= min_count and symbol not in SPECIALS),
        key=lambda symbol: (-counts[symbol], symbol),
    )
    if vocabulary_size is None:
        return ordered
    if vocabulary_size <= len(SPECIALS):
        raise TokenizerError(
            f"a vocabulary of {vocabulary_size} has no room beside its {len(SPECIALS)} special symbols.\n"
            "  Give a larger vocabulary_size, or leave it out to keep every symbol."
        )
    return ordered[: vocabulary_size - len(SPECIALS)]


def check_content(
    path: Path, content: Mapping[str, Any], kind: str, options: Iterable[str], versions: Sequence[int] = (1,)
) -> dict[str, Any]:
    """Return the constructor's arguments from the content of a vocabulary file."""
    # exactly these entries: a file of a newer version is refused and not understood by half
    expected = {"tokenizer", "version", "symbols", *options}
    if set(content) != expected or content["tokenizer"] != kind or content["version"] not in versions:
        raise TokenizerError(
            f"{path} is no vocabulary of a {kind} tokenizer.\n"
            f'  Expected "tokenizer": "{kind}", "version": {versions[-1]} and the entries '
            f"{', '.join(sorted(expected))}; given are {', '.join(sorted(content))}.\n"
            "  Train the tokenizer again, or install the version that wrote the file."
        )
    symbols = content["symbols"]
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise TokenizerError(f'{path}: "symbols" must be a list of strings.')
    return {key: content[key] for key in ("symbols", *options)}
