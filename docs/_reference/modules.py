"""The pages of collections: every module with its ports and parameters, and what else a collection offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

import griffe

from _reference import sources
from _reference.docstrings import markdown, prose
from nm_core.plugins import Collection
from nm_core.plugins.hooks import NAMES

DECLARATIONS = ("nm_core._collection", "nm_torch._collection", "nm_asr._collection", "nm_nlp._collection")
OFFERED = ("metrics", "tasks", "optimizers", "policies", "callbacks", "strategies", "backends", "tokenizers")


def pages(code: griffe.ModulesCollection, links: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of the page of each official collection."""
    for name in DECLARATIONS:
        declaration = import_module(name)
        collection: Collection = declaration.nm_collection()
        parts = [f"# The collection `{collection.name}`", collection.summary]
        parts += [f"It comes with `{name.partition('.')[0].replace('_', '-')}`."]
        listed = ((f"{collection.name}.{spec.name}", spec.summary) for spec in collection.modules)
        rows = "".join(f"| [`{module}`](#module-{module}) | {summary} |\n" for module, summary in listed)
        parts += [f"## Modules\n\n| module | |\n|---|---|\n{rows}"]
        for spec in collection.modules:
            (target,) = spec.targets.values()
            parts.append(_section(code, f"{collection.name}.{spec.name}", target, links))
        parts += list(_offers(code, declaration, collection.name, links))
        yield f"collection-{collection.name}", "\n\n".join(parts) + "\n"


def _offers(
    code: griffe.ModulesCollection, declaration: ModuleType, collection: str, links: Mapping[str, str]
) -> Iterator[str]:
    for what in OFFERED:
        offered = getattr(declaration, NAMES[what], dict)()
        if offered:
            yield f"## {what.capitalize()}"
        for name, target in offered.items():
            yield _section(code, f"{collection}.{name}" if what == "metrics" else f"{what}.{name}", target, links)


def _section(code: griffe.ModulesCollection, name: str, target: str, links: Mapping[str, str]) -> str:
    item = code[target.replace(":", ".")]
    item = item.final_target if item.is_alias else item
    if not item.docstring:
        raise ValueError(f"{item.path} has no docstring ({item.filepath}:{item.lineno}).")
    path = links.get(item.path)
    where = f"In Python: [`{path}`](#{path})" if path else f"In Python: `{item.path}`"
    head = f"(module-{name})=\n### `{name}`"
    if isinstance(item, griffe.Function):
        return f"{head}\n\n```python\n{item.signature()}\n```\n\n{markdown(item.docstring, links)}\n\n{where}"
    parts: list[str] = []
    for title, attribute in (("Input", "input_ports"), ("Output", "output_ports")):
        found = sources.ports(item, attribute)
        rows = "".join(f"| `{port.name}` | `{port.type}` | {port.note} |\n" for port in found)
        parts += [f"| {title} | type | |\n|---|---|---|\n{rows}"] if found else []
    if (
        "ports_of" in item.all_members
        and item.all_members["ports_of"].parent.path != "nm_core.modules.module.NeuralModule"
    ):
        parts.append("The ports shown are those without options; the parameters may change them.")
    described = {p.name: p.description for s in item.docstring.parsed if s.kind.value == "parameters" for p in s.value}
    rows = "".join(_parameter(parameter, described, links) for parameter in _parameters(item))
    parts += [f"| Parameter | type | default | |\n|---|---|---|---|\n{rows}"] if rows else []
    texts = [section.value for section in item.docstring.parsed if section.kind.value == "text"]
    return "\n\n".join([head, *(prose(text, links) for text in texts), *parts, where])


def _parameters(cls: griffe.Class) -> list[griffe.Parameter]:
    constructor = cls.all_members.get("__init__")
    return [p for p in constructor.parameters if p.name != "self"] if isinstance(constructor, griffe.Function) else []


def _parameter(parameter: griffe.Parameter, described: Mapping[str, str], links: Mapping[str, str]) -> str:
    text = prose(described.get(parameter.name, ""), links).replace("\n", " ").replace("|", "\\|")
    default = str(parameter.default or "").removeprefix("MappingProxyType(").replace("{})", "{}")
    default = f"`{default}`" if default else ""
    annotation = str(parameter.annotation or "").replace("|", "\\|")
    return f"| `{parameter.name}` | {f'`{annotation}`' if annotation else ''} | {default} | {text} |\n"
