"""Keep standard output for the command: what a collection prints while it is loaded goes to standard error."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

KEPT = 2000
"""How many characters of what a collection prints are kept."""


class DivertedOutput:
    """A standard output that writes to standard error and keeps the beginning; closed, it is the usual one again.

    A collection may hold on to it: a log handler that it makes while it is imported, for example.
    """

    def __init__(self, usual: TextIO | None) -> None:
        self._usual = usual
        self._parts: list[str] = []
        self._kept = 0
        self.is_open = True

    @property
    def text(self) -> str:
        """The text that was written, or its beginning."""
        return "".join(self._parts)

    @property
    def _stream(self) -> TextIO | None:
        return sys.stderr if self.is_open else self._usual

    def write(self, text: str) -> int:
        """Write to standard error."""
        if self.is_open and self._kept < KEPT:
            part = text[: KEPT - self._kept]
            self._parts.append(part)
            self._kept += len(part)
        return len(text) if self._stream is None else self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Pass on what is buffered."""
        if self._stream is not None:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        # encoding, isatty, fileno, buffer ...: those of the stream that is written to
        return getattr(self._stream, name)


@contextmanager
def divert_output() -> Iterator[DivertedOutput]:
    """Send what the block prints to standard error, by Python, by a library or by a process that it starts.

    Streams belong to the whole process, so only the main thread diverts them, as it alone sets signal handlers.
    """
    usual = sys.stdout
    if isinstance(usual, DivertedOutput) and usual.is_open:  # a step within a step: the outer one keeps the text
        yield DivertedOutput(None)
        return
    diverted = DivertedOutput(usual)
    if threading.current_thread() is not threading.main_thread():
        yield diverted
        return
    copy = _divert_descriptor(usual)
    sys.stdout = diverted  # a stream as far as anybody asks
    try:
        yield diverted
    finally:
        diverted.is_open = False
        if sys.stdout is diverted:  # a stream that the block has set itself stays
            sys.stdout = usual
        if copy is not None:
            _restore_descriptor(copy)


def _divert_descriptor(usual: TextIO | None) -> int | None:
    """Let descriptor 1 be standard error, and return a copy of what it was; ``None`` where there are no descriptors."""
    with suppress(OSError, ValueError, AttributeError):
        if usual is not None:
            usual.flush()  # what the command has written stays where it belongs
        copy = os.dup(1)
        try:
            os.dup2(2, 1)
        except OSError:
            os.close(copy)
            raise
        return copy
    return None


def _restore_descriptor(copy: int) -> None:
    # C libraries have buffers of their own. Those that a collection drags in come with ctypes as a rule, whose import
    # would cost a listing more than all the rest of this.
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None and os.name == "posix":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
    with suppress(OSError):
        os.dup2(copy, 1)
    os.close(copy)
