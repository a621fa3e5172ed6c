"""A module of an application whose class and parameters are known, before it is made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Unpack

from nm_core.modules.composite import CompositeModule
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import Signature
from nm_core.symbols.component import Segment
from nm_core.symbols.parameters import FrozenParams, ModuleOptions, constructor_parameters, thaw
from nm_core.symbols.ports import PortSpec
from nm_types import CallTyping, NeuralType

_PATH = re.compile(r"\b(Path|PurePath|PathLike|StrPath)\b")
_TYPE = re.compile(r"\bNeuralType\b")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A module as its class and parameters describe it: the component of calls that nobody needs to compute.

    Attributes:
        name: the module's name in the application.
        id: its registered id with the version, such as `asr.JasperEncoder@1`.
        cls: its class.
        params: its parameters with defaults filled in.
        signature: its ports with the parameters filled in.
        class_path: its class in words.
    """

    name: str
    id: str
    cls: type[NeuralModule]
    params: FrozenParams
    signature: Signature
    class_path: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_path", f"{self.cls.__module__}.{self.cls.__qualname__}")

    @property
    def inputs(self) -> PortSpec:
        """Input ports with the parameters filled in."""
        return self.signature.inputs

    @property
    def outputs(self) -> PortSpec:
        """Output ports with the parameters filled in."""
        return self.signature.outputs

    @property
    def segment(self) -> Segment:
        """Where the module runs; only a composite module that is made knows the calls that it stands for."""
        return "composite" if issubclass(self.cls, CompositeModule) else self.cls.segment

    def has_weights(self) -> bool:
        """Tell that the module may hold weights, which nobody knows before it is made."""
        return True

    @property
    def type_edges(self) -> Callable[..., CallTyping]:
        """Check the edges of one call as the class does."""
        return self.cls.type_edges


class Undeclared(NeuralModule):
    """A module about which something is wrong, as the component of calls that fail.

    Args:
        id: the id that was meant to be its class.
    """

    segment: ClassVar[Segment] = "composite"

    def __init__(self, *, id: str, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)

    @property
    def class_path(self) -> str:
        """The id in the place of a class."""
        path: str = self.params["id"]
        return path


def path_parameters(cls: type) -> frozenset[str]:
    """Return the parameters of a class that are paths: those it says so of, and those annotated as paths."""
    named = frozenset((*getattr(cls, "asset_params", ()), *getattr(cls, "path_params", ())))
    is_module = issubclass(cls, NeuralModule)
    parameters = constructor_parameters(cls) if is_module else inspect.signature(cls).parameters
    return named | {name for name, parameter in parameters.items() if _is_annotated(parameter, _PATH)}


def with_types(
    cls: type, params: Mapping[str, Any], tags: tuple[type, ...] = (), kinds: tuple[type, ...] = ()
) -> dict[str, Any]:
    """Return parameters with the texts of those annotated `NeuralType` read as types.

    Args:
        tags, kinds: those of collections that the texts may name.

    Raises:
        TypeSyntaxError: a text is no type.
    """
    parameters = constructor_parameters(cls) if issubclass(cls, NeuralModule) else {}
    return {
        name: NeuralType(value, tags=tags, kinds=kinds)
        if isinstance(value, str) and name in parameters and _is_annotated(parameters[name], _TYPE)
        else value
        for name, value in params.items()
    }


def constructor_arguments(
    cls: type, params: Mapping[str, Any], base: Path, tags: tuple[type, ...], kinds: tuple[type, ...]
) -> dict[str, Any]:
    """Return parameters as a constructor takes them: plain, paths relative to `base` made absolute, types read."""
    absolute = map_paths(params, path_parameters(cls), lambda path: str(base / path))
    return with_types(cls, {name: thaw(value) for name, value in absolute.items()}, tags, kinds)


def map_paths(params: Mapping[str, Any], names: Collection[str], change: Callable[[str], str]) -> dict[str, Any]:
    """Return parameters with the paths under some names changed, be they texts, lists of texts or mappings to texts."""
    return {name: _map_path(value, change) if name in names else value for name, value in params.items()}


def _map_path(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_map_path(item, change) for item in value]
    return {key: _map_path(item, change) for key, item in value.items()} if isinstance(value, Mapping) else value


def _is_annotated(parameter: inspect.Parameter, pattern: re.Pattern[str]) -> bool:
    annotation = parameter.annotation
    return annotation is not inspect.Parameter.empty and bool(pattern.search(str(annotation)))
