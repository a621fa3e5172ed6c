"""What surrounds every action: callbacks told in order, random streams and modes given back, Ctrl-C noted."""

import random
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nm_core import Callback, Run
from nm_core_reference.modules import ReferenceModule


def tell(callbacks: Sequence[Callback], method: str, *values: Any) -> None:
    """Call a method of every callback, in order."""
    for callback in callbacks:
        getattr(callback, method)(*values)


def tell_all(callbacks: Sequence[Callback], method: str, *values: Any) -> list[Exception]:
    """Call a method of every callback, whatever one of them makes of it, and return their errors."""
    errors = []
    for callback in callbacks:
        try:
            getattr(callback, method)(*values)
        except Exception as error:  # noqa: BLE001  # the others must still be told
            errors.append(error)
    return errors


class Ending:
    """The reason for which an action ends."""

    reason = "finished"


@contextmanager
def watched(callbacks: Sequence[Callback], run: Run) -> Iterator[Ending]:
    """Tell callbacks the end of an action, and its error."""
    ending = Ending()
    try:
        yield ending
    except GeneratorExit:
        ending.reason = "stopped: no more records were asked for"
        raise
    except BaseException as error:
        ending.reason = "failed"
        tell_all(callbacks, "on_exception", run, error)
        raise
    finally:
        errors = tell_all(callbacks, "on_end", run, ending.reason)
        if errors:
            raise errors[0]


@contextmanager
def stream(*place: Any) -> Iterator[None]:
    """Let what draws inside depend on a place alone (the seed and what follows), and give the generator back."""
    state = random.getstate()
    random.seed("/".join(map(str, place)))
    try:
        yield
    finally:
        random.setstate(state)


@contextmanager
def mode(modules: Iterable[ReferenceModule], *, training: bool) -> Iterator[None]:
    """Put modules into training or evaluation mode, and give back the mode of each."""
    before = [(module, module.training) for module in modules]
    for module, _ in before:
        module.training = training
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Note Ctrl-C inside, and give its handler back."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
