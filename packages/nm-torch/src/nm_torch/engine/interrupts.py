"""Signals that ask a run to end: they are noted, and the run ends at its next step boundary."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """What SIGTERM and SIGINT (Ctrl-C) said since the action began.

    Attributes:
        received: the name of the first signal, if any.
    """

    def __init__(self) -> None:
        self.received: str | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal; a second Ctrl-C ends the program at once, as Python does."""
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = signal.Signals(number).name


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Note SIGTERM and SIGINT inside, and give their handlers back. Only the main thread can."""
    noted = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {
        number: handler
        for number in (signal.SIGTERM, signal.SIGINT)
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN  # nohup and the like: it stays ignored
    }
    for number in before:
        signal.signal(number, noted.note)
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
