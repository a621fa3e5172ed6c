"""Lines of text files."""

from collections.abc import Iterator
from pathlib import Path

from nm_torch.common.errors import TextFileError


def read_lines(path: str | Path, *, error: type[TextFileError] = TextFileError) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file without their ends; only "\n" and "\r\n" end a line.

    `str.splitlines` would also split at characters such as U+2028, and the lines of parallel files would shift.

    Args:
        path: the file.
        error: the class of the error to raise.

    Raises:
        TextFileError: the file cannot be read or is not UTF-8; the line is named.
    """
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield _decode_line(line, path, number, error).removesuffix("\n").removesuffix("\r")
    except OSError as failure:
        raise error(f"{path} cannot be read: {failure.strerror}.") from failure


def _decode_line(line: bytes, path: str | Path, number: int, error: type[TextFileError]) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise error(
            f"{path}:{number} is not UTF-8: {failure}.\n  Convert the file, for example with iconv -t UTF-8."
        ) from failure
