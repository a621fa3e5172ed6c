"""Tracebacks that end in the user's own line; hidden frames of the project can still be shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FrameType, TracebackType
from typing import Final, ParamSpec, TypeVar

from nm_types.errors import NmError

P = ParamSpec("P")
R = TypeVar("R")

OWN: Final = frozenset({"nm_types", "nm_core", "nm_torch", "torch"})
"""Packages whose frames say nothing about the user's mistake: the project's engine, and the framework under it."""


def is_own(frame: FrameType) -> bool:
    """Whether a frame runs code of the project or of its framework, rather than a user's or a collection's."""
    name = frame.f_globals.get("__name__")  # code that a framework makes up has none
    return name is None or str(name).partition(".")[0] in OWN


def hide(error: NmError) -> None:
    """Hide the project's frames from an error's traceback; `error.full_traceback()` shows them all.

    For an `except` block that ends in a bare `raise`, which adds no frame of its own, in a function that users call.
    """
    error.hidden = error.stack()
    frames: list[TracebackType] = []
    traceback = error.__traceback__
    while traceback is not None:
        # torch counts as own: its frames between the user and us say nothing about the mistake
        if not is_own(traceback.tb_frame):
            frames.append(traceback)
        traceback = traceback.tb_next
    chain: TracebackType | None = None
    for frame in reversed(frames):
        chain = TracebackType(chain, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = chain
    error.kept = len(frames)


def boundary(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a public function so that tracebacks of its errors end in the user's line."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except NmError as error:
            hide(error)
            raise

    return call
