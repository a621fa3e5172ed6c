"""Run a collection's code so that whatever it raises stays its own problem."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Generic, TypeVar

import pluggy

from nm_core.plugins.standard_output import divert_output

T = TypeVar("T")

NOT_THEIRS = tuple(os.path.dirname(file) + os.sep for file in (__file__, pluggy.__file__, importlib.__file__))
"""Where frames of a traceback lie that say nothing about a collection."""


@dataclass(frozen=True, slots=True)
class StepOutcome(Generic[T]):
    """The outcome of a guarded step: a value, or an error as text, and what it printed meanwhile."""

    value: T | None
    error: str | None
    trace: str | None
    seconds: float
    output: str


def run_guarded(step: Callable[[], T]) -> StepOutcome[T]:
    """Call ``step`` and turn anything it raises, ``SystemExit`` included, into text; what it prints is diverted.

    Text instead of the exception, since an exception keeps the frames of a failed import alive.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C meanwhile; one that the step raises by itself is its own error.
    """
    began = time.perf_counter()
    value: T | None = None
    error: str | None = None
    trace: str | None = None
    with _interrupts() as interrupted, divert_output() as output:
        try:
            value = step()
        except BaseException as raised:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of a plugin are its failures
            error = describe(raised)
            trace = _own_trace(raised)
    if interrupted:
        raise KeyboardInterrupt
    return StepOutcome(value, error, trace, time.perf_counter() - began, output.text)


def describe(raised: BaseException) -> str:
    """Return one line for an exception: its class and its message."""
    name = type(raised).__name__
    try:
        message = str(raised).strip()
    except Exception:  # noqa: BLE001 - an exception of a plugin may fail to print itself
        message = "(its message cannot be printed)"
    if isinstance(raised, SystemExit):
        return f"it called sys.exit({raised.code!r})"
    return f"{name}: {message}" if message else name


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect real interrupts, the only way to tell Ctrl-C from a plugin's own ``raise KeyboardInterrupt``."""
    interrupts: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield interrupts
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before: dict[int, Callable[[int, FrameType | None], object]]
    before = {number: handler for number, handler in handlers.items() if callable(handler)}

    def note(number: int, frame: FrameType | None) -> None:
        try:
            before[number](number, frame)
        except KeyboardInterrupt:
            interrupts.append(number)
            raise

    for number in before:
        signal.signal(number, note)
    try:
        yield interrupts
    finally:
        for number, handler in before.items():  # a handler that the plugin has set meanwhile stays
            if signal.getsignal(number) is note:
                signal.signal(number, handler)


def _own_trace(raised: BaseException) -> str:
    """Format where it began, without the frames of this package, of pluggy and of the import system."""
    # TargetError wraps the error of an import, which is the one that the author looks for
    while raised.__cause__ is not None:
        raised = raised.__cause__
    frames = [
        frame
        for frame in traceback.extract_tb(raised.__traceback__)
        if not frame.filename.startswith((*NOT_THEIRS, "<frozen importlib"))
    ]
    return "".join([*traceback.format_list(frames), *traceback.format_exception_only(raised)])
