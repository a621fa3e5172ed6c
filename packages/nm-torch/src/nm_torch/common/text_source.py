"""The bytes of a text file, of which any part can be read again."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy

from nm_torch.common.errors import TextFileError
from nm_torch.common.text_files import BLOCK, join_blocks, open_text, read_pieces
from nm_torch.data.shared_array import SharedArray

IN_MEMORY = 1 << 28
"""Bytes of the largest file that is held in memory; of a larger one lines are read when they are asked for."""


class TextSource:
    r"""A file of lines as bytes: held in memory up to a size, else read where and when bytes are asked for.

    Worker processes share what is in memory. A file that is not is compared with what was read of it at first, so that
    nobody gets bytes that were never checked.

    Args:
        path: the file.
        error: the class of the errors to raise.
        memory: bytes of the largest file that is held in memory; `IN_MEMORY` where not given.

    Raises:
        TextFileError: the file cannot be read, or it is not in UTF-8 but in UTF-16 or UTF-32.

    Example:
        >>> _ = Path("text").write_bytes("\ufeffone\ntwo\n".encode())
        >>> source = TextSource("text")
        >>> source.read(3, 6), [block for _, block in source.blocks()]
        (b'one', [b'one\ntwo\n'])
    """

    def __init__(self, path: str | Path, *, error: type[Exception] = TextFileError, memory: int | None = None) -> None:
        self.path = Path(path)
        self.error = error
        self._content: SharedArray | None = None
        self._checksum = 0
        with open_text(self.path, error) as file:
            status = os.fstat(file.fileno())
            self._state = (status.st_size, status.st_mtime_ns)
            # a pipe has no size, and can be read only once
            if status.st_size <= (IN_MEMORY if memory is None else memory) or status.st_size == 0:
                content = b"".join(self._read_pieces(file))
                self._content = SharedArray(numpy.array(memoryview(content), dtype=numpy.uint8))

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from one place to another.

        Raises:
            TextFileError: the file has changed since its blocks were read, or is gone.
        """
        if self._content is not None:
            return self._content.values[start:stop].tobytes()
        with open_text(self.path, self.error) as file:
            status = os.fstat(file.fileno())
            state = (status.st_size, status.st_mtime_ns)
            if state != self._state:
                self._compare()
                self._state = state
            file.seek(start)
            return file.read(stop - start)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the places and bytes of blocks of whole lines, without the byte order mark at the beginning."""
        if self._content is not None:
            content = self._content.values
            yield from join_blocks(content[at : at + BLOCK].tobytes() for at in range(0, len(content), BLOCK))
        else:
            with open_text(self.path, self.error) as file:
                status = os.fstat(file.fileno())
                self._state = (status.st_size, status.st_mtime_ns)
                yield from join_blocks(self._read_pieces(file))

    def _read_pieces(self, file: BinaryIO) -> Iterator[bytes]:
        checksum = 0
        try:
            for piece in read_pieces(file):
                checksum = zlib.crc32(piece, checksum)
                yield piece
        except OSError as failure:
            raise self.error(f"{self.path} cannot be read: {failure.strerror}.") from failure
        self._checksum = checksum

    def _compare(self) -> None:
        """Refuse a file whose content changed; one that was only touched or copied anew is as it was."""
        before = self._checksum
        with open_text(self.path, self.error) as file:
            for _ in self._read_pieces(file):
                pass
        if self._checksum != before:
            self._checksum = before
            raise self.error(
                f"{self.path} has changed since it was read and checked.\n"
                "  Start again to use what it holds now; write another version to a file of another name."
            )
