"""Run nmod, and send SIGINT when a module is imported or a function is called, once or many times in a row.

Use: `python nm_core_interrupting.py MOMENT TIMES ARGUMENTS...`; a moment is `package.module`, which is imported, or
`package.module:Class.function`, which is called, with `@N` behind it for the Nth call. Zero times stands
for one SIGTERM.
"""

import importlib
import importlib.abc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

moment, times = sys.argv[1], int(sys.argv[2])
sys.argv = ["nmod", *sys.argv[3:]]
signal.signal(signal.SIGINT, signal.default_int_handler)


def press_again() -> None:
    """Send the interrupts after the first one."""
    for _ in range(times - 1):
        time.sleep(0.002)
        os.kill(os.getpid(), signal.SIGINT)


def press() -> None:
    """Send interrupts to this process."""
    global moment
    moment = ""
    threading.Thread(target=press_again, daemon=True).start()
    os.kill(os.getpid(), signal.SIGINT if times else signal.SIGTERM)
    time.sleep(0.01)


class Finder(importlib.abc.MetaPathFinder):
    """Interrupts the import of a module."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Find nothing."""
        if name == moment:
            press()


def patch(place: str) -> None:
    """Interrupt a call of a function."""
    place, _, nth = place.partition("@")
    module, _, name = place.partition(":")
    *owners, last = name.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function: Callable[..., Any] = getattr(owner, last)
    left = int(nth or 1)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            press()
        return function(*args, **kwargs)

    setattr(owner, last, interrupted)


sys.meta_path.insert(0, Finder())
import nmod  # noqa: E402 - the finder has to be there first

if ":" in moment:
    patch(moment)
sys.exit(nmod.main())
