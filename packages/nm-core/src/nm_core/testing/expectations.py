"""Expectations of an implementation, with messages for its author."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nm_core.probing.probe import ConformanceError
from nm_types import NmError


def hold(condition: object, problem: str, do: str) -> None:
    """Raise unless a condition holds.

    Args:
        problem: the failure in words.
        do: the advice to the author of the implementation.
    """
    # pytest leaves frames with this name out of tracebacks
    __tracebackhide__ = True
    if not condition:
        raise ConformanceError(f"{problem}\n  {do}")


def equal(value: Any, expected: Any, what: str, do: str, *, tolerance: float = 1e-4) -> None:
    """Raise unless plain values are equal, numbers within a tolerance."""
    __tracebackhide__ = True
    hold(_is_close(value, expected, tolerance), f"{what}: expected {_short(expected)}, got {_short(value)}.", do)


def different(value: Any, reference: Any, what: str, do: str) -> None:
    """Raise if plain values are equal."""
    __tracebackhide__ = True
    hold(not _is_close(value, reference, 1e-9), f"{what}: both are {_short(value)}.", do)


@contextmanager
def expect_error(what: str, do: str, *errors: type[BaseException]) -> Iterator[None]:
    """Raise unless the block is refused with one of these errors, by default any error of the project."""
    __tracebackhide__ = True
    accepted = errors or (NmError,)
    try:
        yield
    except accepted:
        return
    except Exception as error:
        raise ConformanceError(f"{what} is refused with a {type(error).__name__}: {error}\n  {do}") from error
    raise ConformanceError(f"{what} is accepted.\n  {do}")


def _is_close(value: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, list | tuple):
        if not isinstance(value, list | tuple) or len(value) != len(expected):
            return False
        return all(_is_close(*pair, tolerance) for pair in zip(value, expected, strict=True))
    if isinstance(expected, dict):
        return isinstance(value, dict) and _is_close(sorted(value.items()), sorted(expected.items()), tolerance)
    if isinstance(expected, float) and isinstance(value, int | float):
        return math.isclose(value, expected, rel_tol=tolerance, abs_tol=tolerance)
    return bool(value == expected)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."
