"""A module of an application whose class and parameters are known, before it is made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nm_core.modules.module import NeuralModule, Signature
from nm_core.symbols.parameters import FrozenParams, constructor_parameters, thaw
from nm_types import NeuralType

_PATH = re.compile(r"\b(Path|PurePath|PathLike|StrPath)\b")
_TYPE = re.compile(r"\bNeuralType\b")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A module as its class and parameters describe it.

    Attributes:
        name: the module's name in the application.
        id: its registered id with the version, such as `asr.JasperEncoder@1`.
        cls: its class.
        params: its parameters with defaults filled in.
        signature: its ports with the parameters filled in.
    """

    name: str
    id: str
    cls: type[NeuralModule]
    params: FrozenParams
    signature: Signature


def path_parameters(cls: type) -> frozenset[str]:
    """Return the parameters of a class that are paths: those it says so of, and those annotated as paths."""
    named = frozenset((*getattr(cls, "asset_params", ()), *getattr(cls, "path_params", ())))
    is_module = issubclass(cls, NeuralModule)
    known = constructor_parameters(cls) if is_module else inspect.signature(cls).parameters
    return named | {name for name, parameter in known.items() if _is(_PATH, parameter)}


def with_types(
    cls: type, params: Mapping[str, Any], tags: tuple[type, ...] = (), kinds: tuple[type, ...] = ()
) -> dict[str, Any]:
    """Return parameters with the texts of those annotated `NeuralType` read as types.

    Args:
        tags, kinds: those of collections that the texts may name.

    Raises:
        TypeSyntaxError: a text is no type.
    """
    known = constructor_parameters(cls) if issubclass(cls, NeuralModule) else {}
    return {
        name: NeuralType(value, tags=tags, kinds=kinds)
        if isinstance(value, str) and name in known and _is(_TYPE, known[name])
        else value
        for name, value in params.items()
    }


def constructor_arguments(
    cls: type, params: Mapping[str, Any], base: Path, tags: tuple[type, ...], kinds: tuple[type, ...]
) -> dict[str, Any]:
    """Return parameters as a constructor takes them: plain, paths relative to `base` made absolute, types read."""
    changed = map_paths(params, path_parameters(cls), lambda path: str(base / path))
    return with_types(cls, {name: thaw(value) for name, value in changed.items()}, tags, kinds)


def map_paths(params: Mapping[str, Any], names: Collection[str], change: Callable[[str], str]) -> dict[str, Any]:
    """Return parameters with the paths under some names changed, be they texts, lists of texts or mappings to texts."""
    return {name: _changed(value, change) if name in names else value for name, value in params.items()}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_changed(item, change) for item in value]
    return {key: _changed(item, change) for key, item in value.items()} if isinstance(value, Mapping) else value


def _is(what: re.Pattern[str], parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    return annotation is not inspect.Parameter.empty and bool(what.search(str(annotation)))
