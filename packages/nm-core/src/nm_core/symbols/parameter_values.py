"""Whether plain values fit the annotations of a constructor; what these say beyond plain data is left alone.

An annotation may give a range, `Annotated[int, Range(ge=1)]`, as may those of the library annotated-types.
"""

from __future__ import annotations

import inspect
import math
import operator
import os
import re
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

_UNREADABLE = (NameError, TypeError, AttributeError, SyntaxError, ImportError)
_LISTS = (list, tuple, set, frozenset, Sequence, Collection, Iterable)
_MAPPINGS = (dict, Mapping)


_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers that a parameter takes: `Annotated[float, Range(ge=0, lt=1)]`.

    Attributes:
        ge: the smallest number.
        gt: the number that is smaller than all of them.
        le: the largest number.
        lt: the number that is larger than all of them.

    Example:
        >>> find_misfit(1.5, Annotated[float, Range(ge=0, lt=1)])
        Misfit(path=(), value=1.5, expected='a number of at least 0 and below 1')
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None


PositiveInt = Annotated[int, Range(ge=1)]
"""A whole number from 1 on: a count, a size."""
NonNegativeInt = Annotated[int, Range(ge=0)]
"""A whole number from 0 on."""
PositiveFloat = Annotated[float, Range(gt=0, lt=math.inf)]
"""A finite number above 0: a rate, a duration."""
NonNegativeFloat = Annotated[float, Range(ge=0, lt=math.inf)]
"""A finite number from 0 on."""
Probability = Annotated[float, Range(ge=0, le=1)]
"""A number from 0 to 1, both included."""
ProbabilityBelowOne = Annotated[float, Range(ge=0, lt=1)]
"""A probability that leaves something over."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """The innermost value that does not fit its annotation.

    Attributes:
        path: where it is in the value that was compared: indices of lists and keys of mappings.
        value: the value.
        expected: what is expected in its place.
    """

    path: tuple[str | int, ...]
    value: Any
    expected: str


def hints(cls: type) -> dict[str, Any]:
    """Return the annotations of a constructor's parameters; those that cannot be evaluated are left out."""
    annotations: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if "__init__" in base.__dict__:
            try:
                annotations |= get_type_hints(base.__dict__["__init__"], include_extras=True)
            except _UNREADABLE:
                annotations |= _read_one_by_one(base.__dict__["__init__"])
    return annotations


def _read_one_by_one(constructor: Any) -> dict[str, Any]:
    """Return those annotations of a constructor that can be evaluated; some only type checkers can follow."""
    annotations: dict[str, Any] = {}
    for name, annotation in getattr(constructor, "__annotations__", {}).items():
        with suppress(*_UNREADABLE):
            alone = type("Annotations", (), {"__annotations__": {name: annotation}})
            annotations |= get_type_hints(alone, globalns=constructor.__globals__, include_extras=True)
    return annotations


def find_misfit(value: Any, hint: Any) -> Misfit | None:
    """Return the innermost part of plain data that does not fit an annotation, or None if all of it does."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(value, float) and math.isnan(value) and hint is not Any:
        return Misfit((), value, describe_hint(hint) if _has_words(hint) else "a number")
    if origin is Annotated:
        misfit = find_misfit(value, arguments[0])
        if misfit is not None and misfit.path:
            return misfit
        fits_range = misfit is None and all(_is_within(value, limits) for limits in arguments[1:])
        return None if fits_range else Misfit((), value, describe_hint(hint))
    if origin in (Union, types.UnionType):
        return _find_misfit_of_union(value, hint, arguments)
    if origin is Literal:
        fits = any(value == option and type(value) is type(option) for option in arguments)
        return None if fits else Misfit((), value, describe_hint(hint))
    if origin in _LISTS or hint in _LISTS:
        return _find_misfit_of_list(value, hint, origin or hint, arguments)
    if origin in _MAPPINGS or hint in _MAPPINGS:
        if not isinstance(value, Mapping):
            return Misfit((), value, describe_hint(hint))
        inner = arguments[1] if len(arguments) == 2 else Any
        return _find_first((key, item, inner) for key, item in value.items())
    return None if _fits_scalar(value, hint, origin) else Misfit((), value, describe_hint(hint))


def describe_hint(hint: Any) -> str:
    """Return an annotation as messages show it: ranges and choices in words, all else as it is written."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is types.NoneType:
        return "None"
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(map(describe_hint, arguments)) if _has_words(hint) else _format(hint)
    limits = [limit for extra in arguments[1:] for limit in _limits(extra)] if origin is Annotated else []
    if limits:
        noun = "a whole number" if arguments[0] is int else "a number"
        joined = " and ".join(f"{_BOUNDS[name]} {bound:g}" for name, bound in limits if math.isfinite(bound))
        return f"{noun} {'of ' if joined.startswith('at') else ''}{joined}"
    return describe_hint(arguments[0]) if origin is Annotated else _format(hint)


def _has_words(hint: Any) -> bool:
    return get_origin(hint) in (Annotated, Literal) or any(map(_has_words, get_args(hint)))


def _format(hint: Any) -> str:
    return re.sub(r"\b(pathlib\.(_local\.)?|collections\.abc\.|typing\.)", "", inspect.formatannotation(hint))


def _limits(extra: Any) -> list[tuple[str, float]]:
    bounds = [(name, getattr(extra, name, None)) for name in _BOUNDS]
    return [(name, bound) for name, bound in bounds if isinstance(bound, int | float)]


def _is_within(value: Any, extra: Any) -> bool:
    if not isinstance(value, int | float):
        return True
    return all(getattr(operator, name)(value, bound) for name, bound in _limits(extra))


def _find_misfit_of_union(value: Any, hint: Any, options: tuple[Any, ...]) -> Misfit | None:
    misfits = []
    for option in options:
        misfit = find_misfit(value, option)
        if misfit is None:
            return None
        misfits.append(misfit)
    # an option that fits on the outside is the one that was meant
    inner = [misfit for misfit in misfits if misfit.path]
    return inner[0] if len(inner) == 1 else Misfit((), value, describe_hint(hint))


def _find_misfit_of_list(value: Any, hint: Any, origin: Any, arguments: tuple[Any, ...]) -> Misfit | None:
    if not isinstance(value, list | tuple):
        return Misfit((), value, describe_hint(hint))
    if origin is tuple and arguments and Ellipsis not in arguments:
        if len(value) != len(arguments):
            return Misfit((), value, describe_hint(hint))
        return _find_first(zip(range(len(value)), value, arguments, strict=True))
    inner = arguments[0] if arguments else Any
    return _find_first((index, item, inner) for index, item in enumerate(value))


def _find_first(items: Iterable[tuple[str | int, Any, Any]]) -> Misfit | None:
    for key, item, hint in items:
        misfit = find_misfit(item, hint)
        if misfit is not None:
            return Misfit((key, *misfit.path), misfit.value, misfit.expected)
    return None


def _fits_scalar(value: Any, hint: Any, origin: Any) -> bool:
    if hint is None or hint is types.NoneType:
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    if hint is str or origin is os.PathLike or (isinstance(hint, type) and issubclass(hint, os.PathLike)):
        return isinstance(value, str)
    return True
