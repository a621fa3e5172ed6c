"""Files that a command writes for its user: nothing else is overwritten, and each appears only when complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from nm_core.errors import NmError

_HEAD = 4096


class OutputFileError(NmError, OSError):
    """A file cannot be written where it should be, or something is there that would be lost."""


def try_file(path: Path, *, replaces: Callable[[bytes], bool], advice: str) -> None:
    """Find out whether a file can be written, before the work that it is to hold; missing folders are made.

    Args:
        replaces: whether a file that begins with these bytes may be overwritten.
        advice: what to do about one that may not.

    Raises:
        OutputFileError: it cannot, or what is there may not be overwritten.
    """
    try:
        if path.is_dir():
            raise OutputFileError(f"{path} is a folder.\n  Name a file.")
        if path.exists():
            with path.open("rb") as file:
                head = file.read(_HEAD)
            if head and not replaces(head):
                raise OutputFileError(f"{path} is there already, and would be lost.\n  {advice}")
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f".{token_hex(4)}.part")
        probe.touch(exist_ok=False)
        probe.unlink()
    except OutputFileError:
        raise
    except OSError as error:
        raise OutputFileError(f"{path} cannot be written: {error.strerror or error}.") from error


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file by a function of its path; an older one stays until the new one is whole.

    Raises:
        OutputFileError: it cannot be written.
    """
    # Beside its target: os.replace is atomic on one file system only.
    partial = path.with_name(f".partial-{path.name}")
    try:
        write(partial)
        os.replace(partial, path)
    except OSError as error:
        raise OutputFileError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)
