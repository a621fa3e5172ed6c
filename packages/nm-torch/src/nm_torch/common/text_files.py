"""Lines of text files, and the form that text has in memory."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from nm_torch.common.errors import TextFileError

BLOCK = 1 << 22
"""Bytes that are read at once."""

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The byte order mark as text."""

_MARK = MARK.encode()
_WIDE_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def read_lines(path: str | Path, *, error: type[TextFileError] = TextFileError) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file without their ends; only "\n" and "\r\n" end a line.

    `str.splitlines` would also split at characters such as U+2028, and the lines of parallel files would shift. A byte
    order mark before a line is no part of it.

    Args:
        path: the file.
        error: the class of the error to raise.

    Raises:
        TextFileError: the file cannot be read, is not UTF-8, or has a NUL character; the line is named.
    """
    number = 1
    for _, block in _read_blocks(Path(path), error):
        lines = decode_lines(path, block, number, error)
        number += len(lines)
        for line in lines:
            yield trim_line(line)


def trim_line(line: str) -> str:
    """Return a line without the end that Windows writes, and without a byte order mark before it."""
    return line.removesuffix("\r").removeprefix(MARK)


def decode_lines(path: str | Path, block: bytes, number: int, error: type[TextFileError]) -> list[str]:
    """Return the lines of a block as text, with carriage returns and marks.

    Args:
        path: the file.
        block: bytes that end with a line.
        number: of the first line.
        error: the class of the error to raise.

    Raises:
        TextFileError: the bytes are not UTF-8, or one is NUL; the line is named.
    """
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_bytes(path, block, number, error)
    if "\0" in text:
        raise error(
            f"{path}:{number + text[: text.index(chr(0))].count(chr(10))} has a NUL character, which no text has.\n"
            "  Is the file binary, or cut short? Repair the line, or convert the file with iconv -t UTF-8."
        )
    return text.removesuffix("\n").split("\n")


def open_text(path: Path, error: type[Exception]) -> BinaryIO:
    """Open a file for reading; its first bytes must not be those of UTF-16 or UTF-32."""
    try:
        file = path.open("rb")
    except OSError as failure:
        raise error(f"{path} cannot be read: {failure.strerror}.") from failure
    try:
        _refuse_wide_text(path, file.peek(4)[:4], error)
    except BaseException:
        file.close()
        raise
    return file


def read_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file from where it stands."""
    while piece := file.read(BLOCK):
        yield piece


def join_blocks(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the places and bytes of blocks of whole lines, without the byte order mark at the beginning."""
    start, rest = 0, b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            block, rest = rest + piece[:end], piece[end:]
            yield from _trim_mark(start, block)
            start += len(block)
        else:
            rest += piece
    if rest:
        yield from _trim_mark(start, rest)


def compose(text: str) -> str:
    """Return a text in Unicode's composed form (NFC), in which equal texts have equal characters."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _read_blocks(path: Path, error: type[Exception]) -> Iterator[tuple[int, bytes]]:
    with open_text(path, error) as file:
        try:
            yield from join_blocks(read_pieces(file))
        except OSError as failure:
            raise error(f"{path} cannot be read: {failure.strerror}.") from failure


def _trim_mark(start: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    skipped = len(_MARK) if start == 0 and block.startswith(_MARK) else 0
    if len(block) > skipped:
        yield start + skipped, block[skipped:]


def _refuse_wide_text(path: Path, head: bytes, error: type[Exception]) -> None:
    form = next((form for mark, form in _WIDE_MARKS.items() if head.startswith(mark)), None)
    if form is None and len(head) >= 2 and (head[0] == 0) != (head[1] == 0):
        form = "UTF-16"  # every second byte of such text in a European language is NUL
    if form is not None:
        raise error(
            f"{path} cannot be read as UTF-8 text: it seems to be {form}.\n"
            f"  Convert it: iconv -f {form} -t UTF-8 {path} > converted.txt"
        )


def _refuse_bytes(path: str | Path, block: bytes, number: int, error: type[TextFileError]) -> NoReturn:
    for line_number, line in enumerate(block.split(b"\n"), start=number):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as failure:
            raise error(
                f"{path}:{line_number} is not UTF-8: {failure}.\n  Convert the file, for example with iconv -t UTF-8."
            ) from failure
    raise AssertionError("no line of a bad block is bad")
