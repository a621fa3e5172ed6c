"""Signals that ask a run to end, which it does at its next step boundary."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Those that ask a run to end; SIGHUP comes where the terminal is closed or the connection to it is lost."""


class Interrupts:
    """The signals SIGTERM, SIGINT (Ctrl-C) and SIGHUP since the action began.

    Attributes:
        received: the name of the first signal, if any.
    """

    def __init__(self) -> None:
        self.received: str | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Remember a signal; a second Ctrl-C ends the program at once, as Python does."""
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = signal.Signals(number).name


@contextmanager
def catch_interrupts() -> Iterator[Interrupts]:
    """Catch SIGTERM, SIGINT and SIGHUP inside, and restore their handlers. Only the main thread can."""
    caught = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {
        number: handler
        for number in SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN  # nohup and the like: it stays ignored
    }
    for number in before:
        signal.signal(number, caught.handle)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not installed from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
