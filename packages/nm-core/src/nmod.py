"""The command `nmod` as a process: it ends cleanly on Ctrl-C from its first moment, also while it is being imported.

It stands outside the package so that nothing is imported before interrupts are looked after.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from types import FrameType

_INTERRUPTED = 130
_PATIENCE = 2.0
"""Seconds in which a second Ctrl-C is the same wish and disturbs no cleaning up; after them it ends at once."""


_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Wishes to end; SIGHUP comes where the terminal is closed or the connection to it is lost."""


class _Interrupts:
    """Turns the first SIGINT, SIGTERM or SIGHUP into KeyboardInterrupt."""

    def __init__(self) -> None:
        self.since: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.since is None:
            self.since = time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - self.since > _PATIENCE:
            os._exit(_INTERRUPTED)

    def rest(self) -> None:
        """Ignore them from now on: the interpreter gives its handlers up at its end, and would be killed."""
        for number in _SIGNALS:
            if signal.getsignal(number) is self:
                signal.signal(number, signal.SIG_IGN)


def _open_missing_streams() -> None:
    """Give the process streams that it was started without, as by `nmod ... >&-`: to nowhere."""
    # In the order of their numbers, so that no file that is opened later gets one of them, and what is meant for it.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for the life of the process


def main() -> int:
    """Run the command line and return its exit code."""
    _open_missing_streams()
    noted = _Interrupts()
    atexit.register(noted.rest)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup and the like: it stays ignored
            signal.signal(number, noted)
    try:
        from nm_core.cli.main import main as run

        code = run()
    except KeyboardInterrupt:
        if os.environ.get("RANK", "0") == "0":
            print("Interrupted.", file=sys.stderr)  # noqa: T201 - the command line is not there yet
        code = _INTERRUPTED
    noted.since = noted.since or time.monotonic()  # nothing is left to be interrupted but the interpreter's own end
    return code


if __name__ == "__main__":
    sys.exit(main())
