"""A look at parallel text before an application is written for it, and a part of it set aside.

Legend: N pairs of lines.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.typing import NDArray

from nm_core.scaffold import ScaffoldError
from nm_nlp.data.parallel_text import check_line_counts
from nm_nlp.data.text_lines import TextLines

_SHARE = 0.05
# a score on a thousand sentences is exact to about one point, and more of them only take time at each evaluation
_MOST = 1000


@dataclass(frozen=True)
class ParallelData:
    """Two files whose lines are translations of each other.

    Attributes:
        paths: the source and the target.
        source: its lines.
        target: its lines.
        empty: pairs of which a side is empty, which nothing is learnt from.
    """

    paths: tuple[Path, Path]
    source: TextLines
    target: TextLines
    empty: int

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "ParallelData":
        """Read two files.

        Raises:
            ParallelTextError: one cannot be read, or they differ in their number of lines.
            ScaffoldError: no pair has text on both sides.
        """
        source_path, target_path = paths
        source, target = TextLines(source_path), TextLines(target_path)
        check_line_counts(source_path, len(source), target_path, len(target))
        # counted and kept: leaving lines out here would shift the files against others that go with them
        empty = sum(not (source[line].strip() and target[line].strip()) for line in range(len(source)))
        if empty == len(source):
            raise ScaffoldError(
                f"{source_path} and {target_path}: none of {empty} pairs of lines has text on both sides.\n"
                "  Line n of the one file is the translation of line n of the other."
            )
        return cls((source_path, target_path), source, target, empty)

    def __len__(self) -> int:
        return len(self.source)

    def texts(self, chosen_N: NDArray[numpy.bool_]) -> Iterator[str]:
        """Yield the lines of the pairs that are chosen, bool [N], those of the source first."""
        for lines in (self.source, self.target):
            yield from (lines[line] for line in numpy.flatnonzero(chosen_N).tolist())

    def set_aside(self) -> NDArray[numpy.bool_]:
        """Return for each pair whether it is set aside, bool [N]; equal sources are never parted.

        About a twentieth is, at most 1000 and a little: those whose sources have the lowest checksums.

        Raises:
            ScaffoldError: all sources are equal.
        """
        sums_N = numpy.fromiter((_checksum(self.source[line]) for line in range(len(self))), numpy.uint64, len(self))
        count = min(max(1, round(_SHARE * len(self))), _MOST)
        # at or below the limit, so that all pairs of one source fall on one side of it
        held_out_N: NDArray[numpy.bool_] = sums_N <= numpy.partition(sums_N, count - 1)[count - 1]
        if held_out_N.all():
            raise ScaffoldError(
                f"{self.paths[0]} has one sentence only, of which nothing can be set aside for scores.\n"
                "  Give more text, or name other files: --dev DEV.SOURCE --dev DEV.TARGET"
            )
        return held_out_N


def write_lines(lines: TextLines, chosen_N: NDArray[numpy.bool_]) -> Iterator[bytes]:
    """Yield the lines of a file that are chosen, bool [N]."""
    return (lines[line].encode() + b"\n" for line in numpy.flatnonzero(chosen_N).tolist())


def _checksum(text: str) -> int:
    # of the text alone: the part that is set aside stays so when lines are added or put in another order
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
