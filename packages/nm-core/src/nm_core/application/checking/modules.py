"""The modules of an application: their classes, parameters and ports."""

from __future__ import annotations

import re

from nm_core.application.checking.context import Context
from nm_core.application.checking.declared import Declared, with_types
from nm_core.application.checking.parameters import check_parameters
from nm_core.application.checking.upgrades import explain_older
from nm_core.application.form.entries import ModuleEntry
from nm_core.application.text.names import suggest
from nm_core.application.text.problems import Path
from nm_core.application.text.writers import canonical_json
from nm_core.errors import NmError, SettingsError
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import signature_of
from nm_core.symbols.parameters import FrozenParams, constructor_parameters


def check_modules(context: Context) -> dict[str, Declared]:
    """Declare each module that is made from a type; modules with problems are left out."""
    declared = {}
    for name, entry in context.entry.modules.items():
        if context.is_broken(("modules", name)):
            continue
        module = _check_module(context, name, entry, ("modules", name))
        if module is not None:
            declared[name] = module
        elif entry.graph is None:
            context.problems.broken.add(("modules", name))
    return declared


def _check_module(context: Context, name: str, entry: ModuleEntry, at: Path) -> Declared | None:
    if entry.graph is not None:
        _check_graph_name(context, entry.graph, (*at, "graph"))
        return None
    cls = check_class(context, entry.type or "", entry.version, (*at, "type"))
    if cls is None:
        return None
    if issubclass(cls, Metric):
        context.complain(
            f"{entry.type} is a metric and no part of a graph.\n  Put it under metrics, in the eval section.",
            (*at, "type"),
        )
        return None
    _note_deprecated(context, name, entry, at)
    return declare(context, cls, name, entry, at)


def _note_deprecated(context: Context, name: str, entry: ModuleEntry, at: Path) -> None:
    spec = context.collections.modules.get((entry.type or "").partition("@")[0])
    if spec is not None and spec.deprecated is not None:
        location = context.location(at) or context.problems.name
        context.problems.note(f"{location}: {name}: {entry.type} is deprecated: {spec.deprecated}")


def declare(context: Context, cls: type[NeuralModule], name: str, entry: ModuleEntry, at: Path) -> Declared | None:
    """Return a module's parameters and ports, or record what is wrong with them."""
    id = context.collections.versioned(entry.type or "")
    alike = cls, canonical_json(dict(entry.params))
    if alike in context.signatures and not context.problems.broken.touches((*at, "params")):
        return Declared(name, id, cls, *context.signatures[alike])
    unknown = [name for name in entry.params if name not in constructor_parameters(cls)]
    older = explain_older(context.collections, entry, constructor_parameters(cls)) if unknown else ""
    params = check_parameters(context, cls, entry.params, at, older=older)
    if params is None:
        return None
    try:
        params = FrozenParams(with_types(cls, params, context.tags, context.kinds))
        signature = signature_of(cls, params)
    except NmError as error:
        _complain_about_params(context, error, entry, at)
        return None
    context.signatures[alike] = params, signature
    return Declared(name, id, cls, params, signature)


def _complain_about_params(context: Context, error: NmError, entry: ModuleEntry, at: Path) -> None:
    """Record an error about parameters; each of its problems at its place where it knows them."""
    for part in error.errors if isinstance(error, SettingsError) else ():
        _complain_about_params(context, part, entry, at)
    if isinstance(error, SettingsError) and error.errors:
        return
    problems = error.problems if isinstance(error, SettingsError) else {}
    for path, message in problems.items():
        context.complain(message, (*at, "params", *path) if entry.params else (*at, "type"), key=True)
    if not problems:
        context.complain(error, _find_place(error, entry, at))


def _find_place(error: NmError, entry: ModuleEntry, at: Path) -> Path:
    """Return where an error about parameters belongs: at the first parameter of the file that its message names."""
    named = [word for word in re.findall(r"\w+", str(error)) if word in entry.params]
    return (*at, "params", *named[:1]) if entry.params else (*at, "type")


def check_class(context: Context, id: str, version: int | None, at: Path) -> type[NeuralModule] | None:
    """Return the class of an id, or record that there is none."""
    try:
        cls = context.collections.resolve(id if version is None else f"{id}@{version}", context.backend)
    except NmError as error:
        context.complain(error, at)
        return None
    if not isinstance(cls, type) or not issubclass(cls, NeuralModule):
        context.complain(f"{id} is declared as a module, and its target is none: {cls!r}.", at)
        return None
    return cls


def _check_graph_name(context: Context, graph: str, at: Path) -> None:
    if graph not in context.entry.graphs and not context.is_broken(("graphs", graph)):
        meant = suggest(graph, context.entry.graphs)
        context.complain(f'There is no graph "{graph}" in this file.{meant}', at)
