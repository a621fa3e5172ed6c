"""Reading and checking without pauses of the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """Put off the search for cycles of objects.

    An application makes many objects and hardly a cycle, and each full search goes through all that a framework keeps
    in memory, which takes longer than reading a large file.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
