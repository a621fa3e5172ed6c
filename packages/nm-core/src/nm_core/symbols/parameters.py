"""Parameters of a module: captured with their defaults before the constructor runs, frozen, and plain data."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from typing import Any

from nm_core.errors import ModuleDeclarationError, ParameterError, did_you_mean
from nm_types import NeuralType

Plain = None | bool | int | float | str | NeuralType | tuple["Plain", ...] | Mapping[str, "Plain"]


class FrozenParams(Mapping[str, Any]):
    """An immutable mapping of plain data; copies of it are the same object."""

    __slots__ = ("_items",)

    _items: dict[str, Any]

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        object.__setattr__(self, "_items", dict(items or {}))

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        raise ParameterError(
            f"Parameters are frozen once a module is made; {name!r} cannot be set.\n"
            "  Make another module with the value you want."
        )

    def __repr__(self) -> str:
        return f"FrozenParams({self._items!r})"

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __copy__(self) -> FrozenParams:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenParams:
        return self

    def __reduce__(self) -> tuple[type[FrozenParams], tuple[dict[str, Any]]]:
        return FrozenParams, (dict(self._items),)


class _NotPlain(Exception):
    """A value is a live object that no file can hold."""


def freeze(value: object) -> Any:
    """Return plain data in immutable form: lists become tuples, mappings `FrozenParams`, paths strings; types stay.

    Raises:
        ParameterError: the value holds a live object.
    """
    try:
        return _freeze(value)
    except _NotPlain as error:
        raise ParameterError(f"{error} is not plain data (numbers, text, booleans, lists, mappings).") from None


def _freeze(value: object) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)  # numpy's float64 is a float
    if isinstance(value, NeuralType):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return tuple(_freeze(item) for item in value)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return FrozenParams({key: _freeze(item) for key, item in value.items()})
    if hasattr(value, "__index__"):
        return value.__index__()
    raise _NotPlain(type(value).__name__)


def thaw(value: Any) -> Any:
    """Return frozen plain data as fresh lists and dicts, ready for a file; types are written in their notation."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, NeuralType):
        return str(value)
    return [thaw(item) for item in value] if isinstance(value, tuple | list) else value


def constructor_parameters(cls: type) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class's constructor, following `**kwargs` to the base that takes them.

    Raises:
        ModuleDeclarationError: the constructor takes `*args` or a parameter called `name`.
    """
    stored: dict[str, inspect.Parameter] | None = cls.__dict__.get("_known")
    if stored is not None:  # a module's class has looked them up when it was made
        return stored
    found: dict[str, inspect.Parameter] = {}
    for base in cls.__mro__:
        if "__init__" not in base.__dict__:
            continue
        if base is object or _takes_anything(base):
            break
        parameters = list(inspect.signature(base.__dict__["__init__"]).parameters.values())[1:]
        passes_on = False
        for parameter in parameters:
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                raise ModuleDeclarationError(
                    f"{cls.__qualname__} takes *{parameter.name}: its parameters have no names to be saved under.\n"
                    "  Give each parameter a name, or take one list."
                )
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                passes_on = True
            elif parameter.name == "name":
                raise ModuleDeclarationError(
                    f'{cls.__qualname__} declares a parameter "name", which every module takes already.\n'
                    "  Call the parameter something else; the module's own name is self.name."
                )
            else:
                found.setdefault(parameter.name, parameter)
        if not passes_on:
            break
    return found


def capture(
    cls: type, known: Mapping[str, inspect.Parameter], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> tuple[FrozenParams, frozenset[str]]:
    """Bind a constructor's arguments to names, fill in defaults and freeze what is plain data.

    Returns:
        the frozen parameters, and the names of those that are live objects.

    Raises:
        ParameterError: an unknown, doubled or missing parameter; all of them are named.
    """
    given = _by_name(cls, known, args, kwargs)
    frozen: dict[str, Any] = {}
    opaque: set[str] = set()
    for name, parameter in known.items():
        try:
            frozen[name] = _freeze(given.get(name, parameter.default))
        except _NotPlain:
            opaque.add(name)
    return FrozenParams(frozen), frozenset(opaque)


def complete(cls: type, known: Mapping[str, inspect.Parameter], given: Mapping[str, object]) -> FrozenParams:
    """Return `given` with defaults filled in, for a class that is not constructed; raises as `capture` does."""
    frozen, opaque = capture(cls, known, (), given)
    for name in opaque:
        freeze(given.get(name, known[name].default))
    return frozen


def _by_name(
    cls: type, known: Mapping[str, inspect.Parameter], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> dict[str, object]:
    positional = [name for name, p in known.items() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    problems = []
    if len(args) > len(positional):
        problems.append(f"takes {len(positional)} positional parameters, was given {len(args)}.")
    given = dict(zip(positional, args, strict=False))
    for name, value in kwargs.items():
        if name not in known:
            problems.append(f'has no parameter "{name}".{did_you_mean(name, known)}')
        elif name in given:
            problems.append(f'was given "{name}" twice.')
        else:
            given[name] = value
    missing = [n for n, p in known.items() if p.default is inspect.Parameter.empty and n not in given]
    if missing:
        problems.append(f"needs {', '.join(missing)}.")
    if problems:
        raise ParameterError(
            "\n  ".join(f"{cls.__qualname__} {problem}" for problem in problems)
            + f"\n  Its parameters: {', '.join(map(_shown, known.values())) or 'none'}."
        )
    return given


def _shown(parameter: inspect.Parameter) -> str:
    empty = parameter.default is inspect.Parameter.empty
    return parameter.name if empty else f"{parameter.name}={parameter.default!r}"


def _takes_anything(base: type) -> bool:
    """Tell whether a base's constructor is `(self, *args, **kwargs)`, as `torch.nn.Module`'s is."""
    kinds = [p.kind for p in list(inspect.signature(base.__dict__["__init__"]).parameters.values())[1:]]
    return kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]
