"""`SharedContext`: a process-wide setting that several threads need at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any


class SharedContext(AbstractContextManager[None]):
    """A context that the first of several threads enters and the last one leaves.

    Switches of a whole process would otherwise be set back by the thread that ends first, under the feet of others.

    Args:
        make: returns the context anew, each time that it is entered.

    Example:
        >>> from contextlib import nullcontext
        >>> shared = SharedContext(nullcontext)
        >>> with shared, shared:
        ...     shared.users
        2
    """

    def __init__(self, make: Callable[[], AbstractContextManager[Any]]) -> None:
        self.make = make
        self.users = 0
        self.context: AbstractContextManager[Any] | None = None
        self.lock = Lock()

    def __enter__(self) -> None:
        with self.lock:
            if self.users == 0:
                self.context = self.make()
                self.context.__enter__()
            self.users += 1

    def __exit__(self, *error: Any) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0 and self.context is not None:
                self.context.__exit__(*error)
