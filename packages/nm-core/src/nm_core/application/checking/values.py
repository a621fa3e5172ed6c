"""Whether plain values fit the annotations of a constructor; what it says beyond plain data is left alone."""

from __future__ import annotations

import inspect
import os
import re
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

_LISTS = (list, tuple, set, frozenset, Sequence, Collection, Iterable)
_MAPPINGS = (dict, Mapping)


def hints(cls: type) -> dict[str, Any]:
    """Return the annotations of a constructor's parameters; those that cannot be evaluated are left out."""
    annotations: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if "__init__" in base.__dict__:
            try:
                annotations |= get_type_hints(base.__dict__["__init__"], include_extras=False)
            except (NameError, TypeError, AttributeError, SyntaxError, ImportError):
                continue  # an annotation that only type checkers can follow says nothing here
    return annotations


def expected(hint: Any) -> str:
    """Return an annotation as messages show it."""
    return re.sub(r"\b(pathlib\.(_local\.)?|collections\.abc\.)", "", inspect.formatannotation(hint))


def fits(value: Any, hint: Any) -> bool:
    """Tell whether plain data fits an annotation."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in arguments)
    if origin is Literal:
        return any(value == option and type(value) is type(option) for option in arguments)
    if origin is Annotated:
        return fits(value, arguments[0])
    if origin in _LISTS or hint in _LISTS:
        return _fits_list(value, origin or hint, arguments)
    if origin in _MAPPINGS or hint in _MAPPINGS:
        inner = arguments[1] if len(arguments) == 2 else Any
        return isinstance(value, Mapping) and all(fits(item, inner) for item in value.values())
    return _fits_scalar(value, hint, origin)


def _fits_list(value: Any, origin: Any, arguments: tuple[Any, ...]) -> bool:
    if not isinstance(value, list | tuple):
        return False
    if origin is tuple and arguments and Ellipsis not in arguments:
        return len(value) == len(arguments) and all(map(fits, value, arguments))
    inner = arguments[0] if arguments else Any
    return all(fits(item, inner) for item in value)


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
