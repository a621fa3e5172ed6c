"""Parameters of a module: captured with their defaults before the constructor runs, frozen, and plain data."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypedDict, Unpack, get_args, get_origin, is_typeddict

from nm_core.errors import ModuleDeclarationError, ParameterError, did_you_mean
from nm_core.symbols.parameter_values import find_misfit, hints
from nm_types import NeuralType

_UNPACK = re.compile(r"(?:\w+\.)*Unpack\[([\w.]+)\]")


class ModuleOptions(TypedDict, total=False):
    """The keyword arguments that every module takes besides its own: `**options: Unpack[ModuleOptions]`.

    Attributes:
        name: the module's name in graphs, files and checkpoints; the class's name in snake case when not given.
    """

    name: str | None


NAME = inspect.Parameter("name", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="str | None")
"""The option of every module as a parameter of its constructor."""

Plain = None | bool | int | float | str | NeuralType | tuple["Plain", ...] | Mapping[str, "Plain"]


class FrozenParams(Mapping[str, Any]):
    """An immutable mapping of plain data; copies of it are the same object.

    Example:
        >>> params = FrozenParams({"size": 3, "strides": (2, 2)})
        >>> params["size"], dict(params)
        (3, {'size': 3, 'strides': (2, 2)})
    """

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
    if value is None or isinstance(value, bool | str | NeuralType):  # before int, of which bool is a subclass
        return value
    if isinstance(value, int):
        return int(value)  # members of IntEnum lose their class
    if isinstance(value, float):
        return float(value)  # numpy's float64 is a float
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return tuple(_freeze(item) for item in value)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return FrozenParams({key: _freeze(item) for key, item in value.items()})
    if hasattr(value, "__index__"):  # integers of numpy, tensors of one integer
        return value.__index__()
    raise _NotPlain(type(value).__name__)


def thaw(value: Any) -> Any:
    """Return frozen plain data as fresh lists and dicts, ready for a file; types are written in their notation."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, NeuralType):
        return str(value)
    return [thaw(item) for item in value] if isinstance(value, tuple | list) else value


def short(value: object) -> str:
    """Render a parameter in at most 60 characters, for drawings and notebooks."""
    text = repr(thaw(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def constructor_parameters(cls: type) -> dict[str, inspect.Parameter]:
    """Collect the parameters of a class's constructor, following `**kwargs` to the base that takes them.

    `**options: Unpack[SomeOptions]` passes on the keys of that TypedDict alone, and those of `ModuleOptions` are no
    parameters: the metaclass takes `name` before the constructor runs.

    Raises:
        ModuleDeclarationError: the constructor takes `*args` or a parameter called `name`.
    """
    # from the class's own __dict__: that of a base describes the base's constructor
    stored: dict[str, inspect.Parameter] | None = cls.__dict__.get("_constructor_parameters")
    if stored is not None:
        return stored
    collected: dict[str, inspect.Parameter] = {}
    passed_on: frozenset[str] | None = None  # None: whatever the next constructor takes
    constructed, *_ = bases = [base for base in cls.__mro__ if "__init__" in base.__dict__]
    for base in bases:
        constructor = base.__dict__["__init__"]
        if base is object or _takes_anything(base):
            break
        keywords = None
        for parameter in list(inspect.signature(constructor).parameters.values())[1:]:
            _check_parameter(cls, parameter)
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                keywords = parameter
            elif base is constructed:
                collected[parameter.name] = parameter
            elif passed_on is None or parameter.name in passed_on:
                by_name_alone = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
                collected.setdefault(parameter.name, by_name_alone)
        if keywords is None:
            break
        accepted = _option_names(constructor, keywords)
        passed_on = accepted if passed_on is None else passed_on if accepted is None else passed_on & accepted
        if passed_on is not None and not passed_on:
            break
    return collected


def constructor_hints(cls: type) -> dict[str, Any]:
    """Return the annotations of a constructor's parameters; evaluated once for each class."""
    stored: dict[str, Any] | None = cls.__dict__.get("_constructor_hints")
    if stored is None:
        stored = hints(cls)
        cls._constructor_hints = stored  # type: ignore[attr-defined]  # of the class itself, not of a base
    return stored


def constructor_signature(cls: type, *, tensors: Iterable[str] = ()) -> inspect.Signature:
    """Describe a module's constructor as `help` shows it: its own parameters, those of its bases, and `name`.

    Args:
        tensors: ports that the constructor may be given symbolic tensors for.
    """
    own = constructor_parameters(cls)
    bindable = [NAME.replace(name=port, annotation="NmTensor | None") for port in tensors if port not in own]
    return inspect.Signature(sorted([*own.values(), *bindable, NAME], key=lambda p: p.kind is p.KEYWORD_ONLY))


def takes_options(cls: type) -> bool:
    """Tell whether type checkers let a class's constructor take `name`."""
    constructor = next(base.__dict__["__init__"] for base in cls.__mro__ if "__init__" in base.__dict__)
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(constructor).parameters.values())


def _check_parameter(cls: type, parameter: inspect.Parameter) -> None:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        raise ModuleDeclarationError(
            f"{cls.__qualname__} takes *{parameter.name}: its parameters have no names to be saved under.\n"
            "  Give each parameter a name, or take one list."
        )
    if parameter.name == "name":
        raise ModuleDeclarationError(
            f'{cls.__qualname__} declares a parameter "name", which every module takes already.\n'
            "  Call the parameter something else; the module's own name is self.name."
        )


def _option_names(constructor: Callable[..., Any], keywords: inspect.Parameter) -> frozenset[str] | None:
    """Look up which keywords `**options: Unpack[SomeOptions]` passes on; None for any other `**kwargs`."""
    annotation = keywords.annotation
    if isinstance(annotation, str):
        unpack = _UNPACK.fullmatch(annotation)
        path = unpack[1].split(".") if unpack is not None else [""]
        options: Any = getattr(inspect.unwrap(constructor), "__globals__", {}).get(path[0])
        for attribute in path[1:]:
            options = getattr(options, attribute, None)
        if options is None and path[-1] == ModuleOptions.__name__:  # imported for type checkers alone
            options = ModuleOptions
    else:
        options = get_args(annotation)[0] if get_origin(annotation) is Unpack else None
    if not is_typeddict(options):
        return None
    names: frozenset[str] = options.__required_keys__ | options.__optional_keys__
    return names - {NAME.name}


def capture(
    cls: type, known: Mapping[str, inspect.Parameter], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> tuple[FrozenParams, frozenset[str]]:
    """Bind a constructor's arguments to names, fill in defaults and freeze plain data.

    Args:
        known: the parameters of the constructor, by name.

    Returns:
        the frozen parameters, and the names of those that are live objects.

    Raises:
        ParameterError: an unknown, doubled or missing parameter, or values that do not fit their annotations; all of
            them are named.
    """
    arguments = _bind_arguments(cls, known, args, kwargs)
    frozen: dict[str, Any] = {}
    opaque: set[str] = set()
    for name, parameter in known.items():
        try:
            # defaults are recorded too: a file keeps its meaning when a later release changes one
            frozen[name] = _freeze(arguments.get(name, parameter.default))
        except _NotPlain:
            opaque.add(name)
    _check_values(cls, known, {name: frozen[name] for name in arguments if name in frozen})
    return FrozenParams(frozen), frozenset(opaque)


def _check_values(cls: type, known: Mapping[str, inspect.Parameter], values: Mapping[str, Any]) -> None:
    annotated = constructor_hints(cls)
    problems = []
    for name, value in values.items():
        if name in annotated and value is not known[name].default:
            misfit = find_misfit(value, annotated[name])
            if misfit is not None:
                place = "".join(f"[{part!r}]" for part in misfit.path)
                problems.append(f"{name}{place} is {short(misfit.value)}; expected {misfit.expected}.")
    if problems:
        raise ParameterError("\n  ".join(f"{cls.__qualname__}: {problem}" for problem in problems))


def complete(cls: type, known: Mapping[str, inspect.Parameter], params: Mapping[str, object]) -> FrozenParams:
    """Fill in the defaults of parameters, for a class that is not constructed.

    Raises:
        ParameterError: as `capture` does, and where a parameter is a live object.
    """
    frozen, opaque = capture(cls, known, (), params)
    for name in opaque:
        freeze(params.get(name, known[name].default))
    return frozen


def _bind_arguments(
    cls: type, known: Mapping[str, inspect.Parameter], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> dict[str, object]:
    positional = [name for name, p in known.items() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    problems = []
    if len(args) > len(positional):
        problems.append(f"takes {len(positional)} positional parameters, was given {len(args)}.")
    arguments = dict(zip(positional, args, strict=False))
    for name, value in kwargs.items():
        if name not in known:
            problems.append(f'has no parameter "{name}".{did_you_mean(name, [*known, NAME.name])}')
        elif name in arguments:
            problems.append(f'was given "{name}" twice.')
        else:
            arguments[name] = value
    missing = [n for n, p in known.items() if p.default is inspect.Parameter.empty and n not in arguments]
    if missing:
        problems.append(f"needs {', '.join(missing)}.")
    if problems:
        raise ParameterError(
            "\n  ".join(f"{cls.__qualname__} {problem}" for problem in problems)
            + f"\n  Its parameters: {', '.join(map(_describe_parameter, known.values())) or 'none'}."
        )
    return arguments


def _describe_parameter(parameter: inspect.Parameter) -> str:
    empty = parameter.default is inspect.Parameter.empty
    return parameter.name if empty else f"{parameter.name}={parameter.default!r}"


def _takes_anything(base: type) -> bool:
    """Tell whether a base's constructor is `(self, *args, **kwargs)`, as `torch.nn.Module`'s is."""
    kinds = [p.kind for p in list(inspect.signature(base.__dict__["__init__"]).parameters.values())[1:]]
    return kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]
