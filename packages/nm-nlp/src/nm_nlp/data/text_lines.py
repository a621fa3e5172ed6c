"""The lines of a text file by their numbers, held as bytes and places."""

import unicodedata
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy

from nm_nlp.errors import ComposedTextWarning, ParallelTextError
from nm_torch.common.text_files import compose, decode_lines, trim_line
from nm_torch.common.text_source import TextSource
from nm_torch.data.shared_array import SharedArray


class TextLines(Sequence[str]):
    """The lines of a UTF-8 file in Unicode's composed form (NFC), decoded when they are asked for.

    Every line is checked once, and 8 bytes a line are kept; the text is held in memory where the file has at most 256
    MiB, and otherwise read from the file, which must stay as it was.

    Args:
        path: the file.

    Attributes:
        composed: the number of lines that are not written in composed form.

    Raises:
        ParallelTextError: the file cannot be read, is not UTF-8, or has a NUL character; the line is named.

    Example:
        >>> _ = Path("test.de").write_text("null\\neins\\n")
        >>> lines = TextLines("test.de")
        >>> lines[1], len(lines)
        ('eins', 2)
    """

    def __init__(self, path: str | Path) -> None:
        self._source = TextSource(path, error=ParallelTextError)
        self.composed = 0
        starts, count, stop = [numpy.zeros(0, numpy.int64)], 0, 0
        for place, block in self._source.blocks():
            lines = decode_lines(path, block, count + 1, ParallelTextError)
            self.composed += count_decomposed(lines)
            ends = numpy.flatnonzero(numpy.frombuffer(block, numpy.uint8) == ord("\n"))
            starts.append(numpy.concatenate([[0], ends + 1])[: len(lines)] + place)
            count, stop = count + len(lines), place + len(block)
        self._starts = SharedArray(numpy.append(numpy.concatenate(starts), stop))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        start, stop = self._starts.values[number : number + 2].tolist()
        return compose(trim_line(self._source.read(start, stop).decode().removesuffix("\n")))


def count_decomposed(lines: Sequence[str]) -> int:
    """Return how many lines are not in composed form (NFC)."""
    if unicodedata.is_normalized("NFC", "\n".join(lines)):  # nearly always, and in one call
        return 0
    return sum(not unicodedata.is_normalized("NFC", line) for line in lines)


def warn_of_composed(path: str | Path, count: int) -> None:
    """Warn of lines that are read in another form than they are written in, if there are some."""
    if count:
        message = f"{path}: {count} lines are not in Unicode's composed form (NFC) and are read as if they were."
        warnings.warn(message, ComposedTextWarning, stacklevel=4)  # the line that makes the module
