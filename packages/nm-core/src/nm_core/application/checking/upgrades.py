"""Older files keep their meaning: what they say of older versions of modules, said of the installed ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nm_core.application.checking.context import Context
from nm_core.application.form.entries import CallEntry, GraphEntry, ModuleEntry, Reference
from nm_core.application.form.renaming import with_references
from nm_core.application.text.tree import Data
from nm_core.errors import NmError
from nm_core.plugins.guard import run_guarded
from nm_core.plugins.targets import import_target

if TYPE_CHECKING:
    from nm_core.plugins import Collections, Upgrade

Steps = tuple["Upgrade", ...]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A module of an older version, as one of the installed version.

    Attributes:
        entry: its id and parameters now.
        steps: how it came to them, also for what else speaks of the module: calls, ties, saved weights.
    """

    entry: ModuleEntry
    steps: Steps = field(default=())


def upgrade(context: Context) -> dict[str, Steps]:
    """Bring the application of a check to the installed versions of its modules, and note what was done.

    Modules that cannot be brought there are recorded and broken. Newer versions than those installed stay as they are.

    Returns:
        the steps of each module that had to be changed.
    """
    done: dict[str, Upgraded] = {}
    for name, entry in context.entry.modules.items():
        if entry.type is not None:
            upgraded = _upgrade_module(context, name, entry)
            if upgraded is not None:
                done[name] = upgraded
    if not done:
        return {}
    steps = {name: module.steps for name, module in done.items()}
    old = context.entry
    context.entry = replace(
        old,
        modules={name: done[name].entry if name in done else entry for name, entry in old.modules.items()},
        graphs={name: _graph(graph, steps) for name, graph in old.graphs.items()},
        tie=tuple(tuple(_weight(weight, steps) for weight in weights) for weights in old.tie),
        freeze=tuple(_weight(pattern, steps) for pattern in old.freeze),
    )
    return steps


def steps_of(collections: Collections, entry: ModuleEntry) -> Steps:
    """Return the steps from a module of a file to the installed version of it; none where it is not older."""
    spec = collections.modules.get(collections.current(entry.type or ""))
    return () if spec is None or entry.version is None else spec.steps(entry.version)


def explain_older(collections: Collections, entry: ModuleEntry, known: Collection[str]) -> str:
    """Say which older version of a module had parameters that the installed one has not; empty if none had.

    Args:
        entry: the module as it is written, without a version.
        known: the parameters of the installed version.
    """
    id = collections.current(entry.type or "")
    spec = collections.modules.get(id)
    for version in range(spec.version - 1, 0, -1) if spec is not None and entry.version is None else ():
        params: dict[str, Data] | str = dict(entry.params)
        for step in spec.steps(version) if spec is not None else ():
            if step.params is None or isinstance(params, str):
                continue
            try:
                function = import_target(step.params, what=id, distribution=None)
            except NmError:
                return ""
            params = _run(function, params)
        if isinstance(params, dict) and params and all(name in known for name in params):
            changed = {name: value for name, value in params.items() if entry.params.get(name) != value}
            now = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in changed.items())
            return (
                f"Version {version} of {id} had it, and a module without a version is of the installed one, "
                f"{spec.version if spec else version}.\n"
                f"  Write {{type: {id}@{version}, ...}}, or as it is said now: {now}."
            )
    return ""


def renamer(steps: Steps) -> Callable[[str], str] | None:
    """Return a function from the older name of a weight to the newer one; None where all keep their names."""
    names = [step.weights for step in steps if step.weights]
    if not names:
        return None

    def rename(weight: str) -> str:
        for step in names:
            weight = _renamed_part(weight, step)
        return weight

    return rename


def _upgrade_module(context: Context, name: str, entry: ModuleEntry) -> Upgraded | None:
    collections, type_id = context.collections, entry.type or ""
    id = collections.current(type_id)
    spec = collections.modules.get(id)
    if spec is None or (entry.version is not None and entry.version > spec.version):
        return None  # resolving it says what is wrong
    steps = steps_of(collections, entry)
    if id == type_id and not steps:
        return None
    params: Mapping[str, Data] = entry.params
    version = spec.version - len(steps)
    for number, step in enumerate(steps, version):
        if step.params is None:
            continue
        what = f"The upgrade of {id} from version {number} to {number + 1}"
        distribution = collections.distribution_of(id.partition(".")[0])
        try:
            function = import_target(step.params, what=what, distribution=distribution)
        except NmError as error:
            _fail(context, name, error)
            return None
        outcome = _run(function, params)
        if isinstance(outcome, str):
            author = f"{step.params}{f' of {distribution}' if distribution else ''}"
            _fail(
                context,
                name,
                f"{what} failed: {outcome}.\n"
                f"  {author} reads the parameters of version {number}: they are\n"
                "  not good ones of that version, or its authors need to know.",
            )
            return None
        params = outcome
    was = type_id if entry.version is None else f"{type_id}@{entry.version}"
    at = context.location(("modules", name)) or context.problems.name
    context.problems.note(f"{at}: {name}: {was} is read as {id}@{spec.version}{_differences(entry, params, steps)}.")
    return Upgraded(ModuleEntry(id, spec.version, params), steps)


def _fail(context: Context, name: str, what: str | NmError) -> None:
    context.complain(what, ("modules", name, "type"))
    context.problems.broken.add(("modules", name))


def _run(function: Any, params: Mapping[str, Data]) -> dict[str, Data] | str:
    """Run an upgrade on a copy of the parameters; return the newer ones, or the error in words."""

    def run() -> dict[str, Data]:
        result = function(json.loads(json.dumps(params)))  # a copy, which the author's code may change
        copied = json.loads(json.dumps(result, allow_nan=False))
        if not isinstance(result, dict) or copied != result:
            kind = "more than plain data" if isinstance(result, dict) else type(result).__name__
            raise TypeError(f"it gave {kind} instead of a dictionary of parameters")
        return dict(copied)

    outcome = run_guarded(run)
    return outcome.error or outcome.value or {}


def _differences(entry: ModuleEntry, params: Mapping[str, Data], steps: Steps) -> str:
    """Say in words how an upgrade changed a module."""
    words = [f"{name} is gone" for name in entry.params if name not in params]
    words += [
        f"{name} is {json.dumps(value, ensure_ascii=False)}"
        for name, value in params.items()
        if name not in entry.params or entry.params[name] != value
    ]
    for step in steps:
        words += [f"the port {old} is {new}" for old, new in (*step.inputs.items(), *step.outputs.items())]
    return f": {', '.join(words)}" if words else ""


def _graph(graph: GraphEntry, steps: Mapping[str, Steps]) -> GraphEntry:
    """Return a graph whose calls name the ports as they are called now."""
    modules = {call.label: call.module for call in graph.calls}

    def reference(given: Reference) -> Reference:
        port = given.port
        for step in steps.get(modules.get(given.call or "", ""), ()):
            port = step.outputs.get(port, port)
        return given if port == given.port else Reference(given.call, port)

    def call(given: CallEntry) -> CallEntry:
        inputs, casts = given.inputs, given.casts
        for step in steps.get(given.module, ()):
            inputs = _keys(inputs, step.inputs)
            casts = _keys(casts, step.inputs)
        return replace(given, inputs=inputs, casts=casts)

    graph = with_references(graph, reference)
    return replace(graph, calls=tuple(map(call, graph.calls)))


def _keys(items: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return items under their newer names; one whose newer name is taken keeps the older one, for the check to see."""
    renamed = {}
    for port, item in items.items():
        base, bracket, index = port.partition("[")
        new = f"{names.get(base, base)}{bracket}{index}"
        renamed[port if new in items and names.get(new) is None else new] = item
    return renamed


def _weight(name: str, steps: Mapping[str, Steps]) -> str:
    """Return the newer name of a weight, or of a pattern of weights, that begins with its module's name."""
    for module, upgrades in steps.items():
        if name.startswith(f"{module}."):
            renamed = renamer(upgrades)
            return name if renamed is None else f"{module}.{renamed(name[len(module) + 1 :])}"
    return name


def _renamed_part(weight: str, names: Mapping[str, str]) -> str:
    """Return the newer name of a weight: the longest part of it before a dot that has one, or all of it."""
    parts = weight.split(".")
    for length in range(len(parts), 0, -1):
        new = names.get(".".join(parts[:length]))
        if new is not None:
            return ".".join([new, *parts[length:]])
    return weight
