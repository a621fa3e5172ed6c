"""Parallel text: two files whose lines are translations of each other, as token ids, and its filters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from nm_nlp.data.text_lines import count_decomposed
from nm_nlp.errors import ParallelTextError
from nm_torch.common.text_files import compose, read_lines
from nm_torch.common.tokenizers.protocol import Tokenizer
from nm_torch.data.shared_array import SharedArray

Ids = NDArray[Any]
"""Token ids: uint16 or int32."""

CHUNK = 10_000
"""Lines that are encoded at once."""


class TokenStore:
    """Token ids of many lines in one array: line i has `ids[starts[i]:starts[i + 1]]`.

    A list of lists would take ten to twenty times the memory, and be copied into every worker.

    Args:
        lines: token ids.
        vocabulary_size: the number of ids: up to 65,536 of them take two bytes each, more take four.

    Attributes:
        composed: the number of lines of the file that are not written in composed form (NFC).
    """

    def __init__(self, lines: Iterable[list[int]], *, vocabulary_size: int) -> None:
        self.composed = 0
        dtype = numpy.uint16 if vocabulary_size <= 1 << 16 else numpy.int32
        lengths, chunks = [numpy.zeros(1, numpy.int64)], [numpy.empty(0, dtype)]
        # chunk by chunk: integers of Python take ten times the memory of the array
        iterator = iter(lines)
        while chunk := list(islice(iterator, CHUNK)):
            lengths.append(numpy.fromiter(map(len, chunk), numpy.int64, count=len(chunk)))
            chunks.append(numpy.fromiter(chain.from_iterable(chunk), dtype))
        starts = numpy.concatenate(lengths)
        self._starts = SharedArray(numpy.cumsum(starts, out=starts))
        self._ids = SharedArray(numpy.concatenate(chunks))

    @classmethod
    def encode(cls, path: str | Path, tokenizer: Tokenizer) -> "TokenStore":
        """Read and encode a file."""
        composed: list[int] = []
        store = cls(_encode_lines(path, tokenizer, composed), vocabulary_size=tokenizer.vocabulary_size)
        store.composed = sum(composed)
        return store

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, line: int) -> Ids:
        start, stop = self._starts.values[line : line + 2].tolist()
        return self._ids.values[start:stop]

    @property
    def lengths(self) -> NDArray[numpy.int64]:
        """Tokens of each line."""
        return numpy.diff(self._starts.values)


def _encode_lines(path: str | Path, tokenizer: Tokenizer, composed: list[int]) -> Iterator[list[int]]:
    lines = read_lines(path, error=ParallelTextError)
    while chunk := list(islice(lines, CHUNK)):
        composed.append(count_decomposed(chunk))
        # many lines at once, which sentencepiece encodes in threads of its own
        yield from tokenizer.encode_all([compose(line).strip() for line in chunk])


@dataclass(frozen=True)
class FilterReport:
    """The numbers of pairs that were read, kept and left out, each for the first reason that applies.

    Attributes:
        pairs: pairs of lines in the files.
        kept: pairs that are used.
        empty: pairs with an empty side.
        too_long: pairs with a side of more than `max_length` tokens.
        ratio: pairs whose longer side has more than `max_ratio` times the tokens of the shorter one.
    """

    pairs: int
    kept: int
    empty: int = 0
    too_long: int = 0
    ratio: int = 0

    def __str__(self) -> str:
        reasons = ((self.empty, "with an empty side"), (self.too_long, "too long"), (self.ratio, "of unlike length"))
        left_out = [f"{count} {reason}" for count, reason in reasons if count]
        return f"{self.kept} of {self.pairs} pairs kept" + (f"; left out: {', '.join(left_out)}" if left_out else "")


def check_line_counts(source: str | Path, source_lines: int, target: str | Path, target_lines: int) -> None:
    """Refuse files with different numbers of lines.

    Raises:
        ParallelTextError: the numbers differ.
    """
    if source_lines != target_lines:
        raise ParallelTextError(
            f"{source} has {source_lines} lines and {target} has {target_lines}.\n"
            "  Expected parallel text: line n of one file is the translation of line n of the other.\n"
            f"  Look for a missing line, or an empty last one: wc -l {source} {target}"
        )


def filter_pairs(
    source: Sequence[int] | NDArray[numpy.int64],
    target: Sequence[int] | NDArray[numpy.int64],
    *,
    max_length: int | None,
    max_ratio: float | None,
) -> tuple[NDArray[numpy.int64], FilterReport]:
    """Filter pairs by their lengths; return the indices of those that pass, and the report.

    Args:
        source: tokens of each source line.
        target: tokens of each target line.
        max_length: tokens of a side, at most; any number where not given.
        max_ratio: longer side over shorter side, at most; any ratio where not given.
    """
    shorter, longer = numpy.minimum(source, target), numpy.maximum(source, target)
    empty = shorter == 0
    too_long = ~empty & (longer > max_length) if max_length is not None else numpy.zeros_like(empty)
    unlike = longer > max_ratio * shorter if max_ratio is not None else numpy.zeros_like(empty)
    unlike &= ~empty & ~too_long  # each pair counts for one reason alone
    passed = numpy.flatnonzero(~(empty | too_long | unlike))
    return passed, FilterReport(len(empty), len(passed), int(empty.sum()), int(too_long.sum()), int(unlike.sum()))
