"""Parallel text: two files whose lines are translations of each other, as token ids, and its filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy
from numpy.typing import NDArray

from nm_nlp.errors import ParallelTextError
from nm_torch.common.text_files import read_lines
from nm_torch.common.tokenizers.protocol import Tokenizer

CHUNK = 10_000
"""Lines that are encoded at once."""


class TokenStore:
    """Token ids of many lines in one array: line i has `ids[starts[i]:starts[i + 1]]`.

    A list of lists would take about ten times the memory, and be copied into every worker.
    """

    def __init__(self, lines: Iterator[list[int]]) -> None:
        lengths, chunks = [0], []
        # chunk by chunk: integers of Python take ten times the memory of the array
        while chunk := list(islice(lines, CHUNK)):
            lengths.extend(len(line) for line in chunk)
            chunks.append(numpy.fromiter((index for line in chunk for index in line), dtype=numpy.int32))
        self.starts: NDArray[numpy.int64] = numpy.cumsum(lengths, dtype=numpy.int64)
        self.ids: NDArray[numpy.int32] = numpy.concatenate(chunks) if chunks else numpy.empty(0, dtype=numpy.int32)

    @classmethod
    def encode(cls, path: str | Path, tokenizer: Tokenizer) -> "TokenStore":
        """Read and encode a file."""
        return cls(_encode_lines(path, tokenizer))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, line: int) -> NDArray[numpy.int32]:
        return self.ids[self.starts[line] : self.starts[line + 1]]

    @property
    def lengths(self) -> NDArray[numpy.int64]:
        """Tokens of each line."""
        return numpy.diff(self.starts)


def _encode_lines(path: str | Path, tokenizer: Tokenizer) -> Iterator[list[int]]:
    lines = read_lines(path, error=ParallelTextError)
    while chunk := list(islice(lines, CHUNK)):
        # many lines at once, which sentencepiece encodes in threads of its own
        yield from tokenizer.encode_all([line.strip() for line in chunk])


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
