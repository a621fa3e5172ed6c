"""A module's ports, parameters and documentation as plain data, read from its class."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli.listing import PRESETS, Entry
from nm_core.modules.module import NeuralModule
from nm_core.plugins import TargetError
from nm_core.plugins.ids import ModuleId
from nm_core.plugins.targets import import_target
from nm_core.symbols.parameters import constructor_parameters, freeze, thaw
from nm_core.symbols.ports import PortSpec, as_ports
from nm_types import NmError

if TYPE_CHECKING:
    from nm_core.plugins import Collections


def describe(collections: Collections, id: str) -> dict[str, Any]:
    """Import a module's class and return what there is to know before using it.

    Raises:
        UnknownModuleError: there is no such module.
        TargetError: it cannot be imported, or is no module.
    """
    cls = collections.resolve(id)
    id = collections.aliases.get(id, id)
    if not (isinstance(cls, type) and issubclass(cls, NeuralModule)):
        raise TargetError(f"{id} is declared as {cls!r}, which is not a neural module.")
    parsed = ModuleId.parse(id)
    spec = collections.modules.get(parsed.plain)
    documentation = inspect.getdoc(cls) or ""
    return {
        "id": collections.versioned(id),
        "summary": spec.summary if spec else documentation.partition("\n")[0],
        "deprecated": spec.deprecated if spec else None,
        "class": f"{cls.__module__}.{cls.__qualname__}",
        "distribution": collections.distribution_of(parsed.collection),
        "targets": dict(spec.targets) if spec else {"any": collections.target("metrics", parsed.plain)},
        "segment": cls.segment,
        "inputs": _ports(as_ports(cls.input_ports, f"The input ports of {cls.__qualname__}")),
        "outputs": _ports(as_ports(cls.output_ports, f"The output ports of {cls.__qualname__}")),
        "parameters": [_parameter(parameter) for parameter in constructor_parameters(cls).values()],
        "example": _example(collections, parsed),
        "documentation": documentation,
    }


def describe_named(collections: Collections, entry: Entry) -> dict[str, Any]:
    """Import a thing that has a short name and return what there is to know before using it.

    Raises:
        TargetError: it cannot be imported.
    """
    target = entry.targets["any"]
    distribution = collections.distribution_of(entry.collection)
    value: Any = import_target(target, what=f"{entry.kind}: {entry.name}", distribution=distribution)
    data: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "summary": entry.summary,
        "target": target.replace(":", "."),
        "distribution": distribution,
        "parameters": [],
        "documentation": "",
    }
    if entry.kind == PRESETS:
        return data | {"value": thaw(freeze(value))}
    if isinstance(value, click.Command):
        return data | {"documentation": f"{value.get_short_help_str(200)}\n\nRun: nmod {entry.name} --help"}
    return data | {"parameters": _signature(value), "documentation": inspect.getdoc(value) or ""}


def _signature(value: Any) -> list[dict[str, Any]]:
    """Return the parameters of a class or function; none where it does not say them."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return []
    return [_parameter(each) for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def _example(collections: Collections, id: ModuleId) -> Any:
    """Return the first parameters with which the collection makes the module in its tests, where they name no files."""
    if not collections.owners("examples", id.plain):
        return None
    try:
        examples = collections.lookup("examples", id.plain)
        return None if callable(examples) else thaw(freeze(examples[0])) or None
    except (NmError, LookupError, TypeError):
        return None  # nmod doctor and the conformance suite say what is wrong with it


def _ports(ports: PortSpec) -> list[dict[str, Any]]:
    return [
        {"name": port.name, "type": str(port.type)}
        | {"optional": port.optional, "variadic": port.variadic, "needs": list(port.needs)}
        for port in ports.values()
    ]


def _parameter(parameter: inspect.Parameter) -> dict[str, Any]:
    required = parameter.default is inspect.Parameter.empty
    annotation = "" if parameter.annotation is inspect.Parameter.empty else parameter.annotation
    # Annotations are text where the module postpones them, and types otherwise.
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return {
        "name": parameter.name,
        "required": required,
        "default": None if required else repr(parameter.default),
        "annotation": re.sub(r"\b(?:\w+\.)+(?=\w)", "", text),
    }
