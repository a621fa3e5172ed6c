"""Holding what an implementation does to what it must do, in messages for its author."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nm_types import NmError


class ConformanceError(NmError, AssertionError):
    """An implementation breaks the contract that a suite checks: what was seen, and what its author should do."""


def hold(condition: object, seen: str, do: str) -> None:
    """Raise unless a condition holds.

    Args:
        seen: what is wrong, where it does not hold.
        do: what the author of the implementation should do.
    """
    __tracebackhide__ = True
    if not condition:
        raise ConformanceError(f"{seen}\n  {do}")


def equal(found: Any, expected: Any, what: str, do: str, *, tolerance: float = 1e-4) -> None:
    """Raise unless plain values are equal, numbers within a tolerance."""
    __tracebackhide__ = True
    hold(_close(found, expected, tolerance), f"{what}: expected {_short(expected)}, got {_short(found)}.", do)


def different(one: Any, other: Any, what: str, do: str) -> None:
    """Raise if plain values are equal."""
    __tracebackhide__ = True
    hold(not _close(one, other, 1e-9), f"{what}: both are {_short(one)}.", do)


@contextmanager
def refused(what: str, do: str, *errors: type[BaseException]) -> Iterator[None]:
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


def _close(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            return False
        return all(_close(one, other, tolerance) for one, other in zip(found, expected, strict=True))
    if isinstance(expected, dict):
        return isinstance(found, dict) and _close(sorted(found.items()), sorted(expected.items()), tolerance)
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance)
    return bool(found == expected)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."
