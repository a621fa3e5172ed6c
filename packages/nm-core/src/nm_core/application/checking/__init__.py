"""Checking an application: ports and types from classes and parameters; no weights, no data, nothing constructed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nm_core.application.checking.context import Context
from nm_core.application.checking.declared import Declared
from nm_core.application.checking.graphs import CheckedGraph, GraphChecker
from nm_core.application.checking.modules import check_modules
from nm_core.application.checking.sections import INFER, check_sections
from nm_core.application.checking.upgrades import Steps, upgrade
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.text.gc_pause import not_collecting
from nm_core.application.text.problems import Problems, TooManyProblems
from nm_core.application.text.tree import TreeNode
from nm_core.errors import NmError

if TYPE_CHECKING:
    from nm_core.plugins import Collections

__all__ = ["INFER", "Checked", "CheckedGraph", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check; modules and graphs with problems are left out.

    Attributes:
        entry: the application, with its modules in the versions that are installed.
        modules: classes, parameters and ports of the modules made from types.
        graphs: the calls of each graph, and their types.
        tags, kinds: those that the types of free inputs may name.
        upgrades: how modules of older versions came to theirs, by name.
        seen: every graph, of one with problems as much as could be recorded.
    """

    entry: ApplicationEntry
    modules: Mapping[str, Declared]
    graphs: Mapping[str, CheckedGraph]
    tags: tuple[type, ...] = ()
    kinds: tuple[type, ...] = ()
    upgrades: Mapping[str, Steps] = field(default_factory=dict)
    seen: Mapping[str, CheckedGraph] = field(default_factory=dict)


@not_collecting()
def check(
    entry: ApplicationEntry,
    problems: Problems,
    collections: Collections,
    *,
    root: TreeNode | None = None,
    backend: str = "torch",
) -> Checked:
    """Check an application and record everything that is wrong with it.

    Args:
        root: the tree of the file it was read from, for places in messages.
        backend: the framework whose modules are meant.
    """
    context = Context(entry, problems, collections, root=root, backend=backend)
    try:
        return _check(context)
    except TooManyProblems:
        return Checked(context.entry, {}, {})


def _check(context: Context) -> Checked:
    upgrades = upgrade(context)
    entry = context.entry
    context.tags, context.kinds = _scope(context)
    modules = check_modules(context)
    checker = GraphChecker(context, modules)
    typed: dict[str, CheckedGraph] = {}
    with suppress(TooManyProblems):
        graphs = {name: checker.check(name) for name in entry.graphs}
        check_sections(context, graphs)
        _note_unused(context)
        typed |= {name: graph for name, graph in graphs.items() if graph is not None}
    return Checked(entry, modules, typed, context.tags, context.kinds, upgrades, checker.seen)


def _scope(context: Context) -> tuple[tuple[type, ...], tuple[type, ...]]:
    """Return the tags and kinds of the collections whose modules the application uses."""
    named = {(entry.type or "").partition(".")[0] for entry in context.entry.modules.values()}
    loaded = sorted(named & set(context.collections.collections))
    if not loaded:
        return (), ()
    try:
        return context.collections.tags(*loaded), context.collections.kinds(*loaded)
    except NmError as error:
        context.complain(error, ("modules",), key=True)
        return (), ()


def _note_unused(context: Context) -> None:
    called = {call.module for graph in context.entry.graphs.values() for call in graph.calls}
    for name in context.entry.modules:
        if name not in called:
            location = context.location(("modules", name)) or context.problems.name
            context.problems.note(f"{location}: the module {name} is called in no graph.")
