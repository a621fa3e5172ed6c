"""Nested lists of numbers: parts of them, and how far two of them are apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

SMALLEST = 1e-3
"""Numbers below this are noise: the results of a new deep network are small, and nevertheless to be compared."""


def shape(rows: Any) -> tuple[int, ...]:
    """Return the lengths of the axes."""
    return (len(rows), *(shape(rows[0]) if rows else ())) if isinstance(rows, list) else ()


def take(rows: Any, axis: int, index: int) -> Any:
    """Return the entries at an index of an axis."""
    return rows[index] if axis == 0 else [take(row, axis - 1, index) for row in rows]


def stack(parts: Sequence[Any], axis: int) -> Any:
    """Return parts one after another along a new axis; `take` undoes it."""
    return list(parts) if axis == 0 else [stack(items, axis - 1) for items in zip(*parts, strict=True)]


def cut(rows: Any, limits: Sequence[int]) -> Any:
    """Return the entries below the limit of each axis."""
    return [cut(row, limits[1:]) for row in rows[: limits[0]]] if limits and isinstance(rows, list) else rows


def overlay(rows: Any, background: Any, limits: Sequence[int]) -> Any:
    """Return `background` with the entries of `rows` that are below the limit of each axis in place of its own."""
    if not limits:
        return rows
    end = min(limits[0], len(rows))
    parts = [overlay(row, under, limits[1:]) for row, under in zip(rows[:end], background, strict=False)]
    return parts + background[end:]


def distance(value: Any, reference: Any) -> float:
    """Return the largest difference of two values, over the largest number in them or `SMALLEST`.

    Objects are compared by their fields; where form, text or truth values differ, it is infinite.
    """
    most, scale = 0.0, SMALLEST
    for number, expected in zip(_leaves(value), _leaves(reference), strict=False):
        if not (_is_number(number) and _is_number(expected)):
            if type(number) is not type(expected) or number != expected:
                return math.inf
        elif number != expected and not (math.isnan(number) and math.isnan(expected)):
            if not (math.isfinite(number) and math.isfinite(expected)):
                return math.inf
            most, scale = max(most, abs(number - expected)), max(scale, abs(number), abs(expected))
        elif math.isfinite(number):  # an infinity that both share would make every scale infinite
            scale = max(scale, abs(number))
    return most / scale


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield f"{len(value)} items"  # leads, so that lists of two lengths differ before zip ends
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Mapping):
        yield from _leaves(sorted(value.items()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value).__qualname__
        for field in fields(value):
            yield from _leaves(getattr(value, field.name))
    else:
        yield value
