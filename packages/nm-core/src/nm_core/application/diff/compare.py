"""The changes between two applications, on their canonical forms: spelling, order and defaults do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nm_core.application.checking import CheckedGraph
from nm_core.application.checking.declared import Declared
from nm_core.application.diff.differences import What, data_of, differences
from nm_core.application.diff.side import Side
from nm_core.application.diff.wording import words_of
from nm_core.application.form.entries import ApplicationEntry, CallEntry, GraphEntry, ModuleEntry
from nm_core.application.form.renaming import find_renames, labels_after, with_graphs, with_labels, with_modules
from nm_core.application.form.to_data import application_data
from nm_core.application.text.problems import Path
from nm_core.application.text.tree import Data
from nm_core.application.text.writers import canonical_json

_OWNER = re.compile(r"\b[A-Za-z_]\w*(?=\.[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        path: where it stands in the newer application, or stood in the older one.
        what: the kind of change.
        text: the change in words.
        old: the old value, as plain data; for a renaming the old name.
        new: the new value.
    """

    path: Path
    what: What
    text: str
    old: Data = None
    new: Data = None

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Data]:
        """Return the difference as plain data for tools."""
        return {"path": list(self.path), "what": self.what, "text": self.text, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes from one application to another, and their consequences.

    Attributes:
        changes: every difference, modules first.
        types: ports whose types are others now.
        weights: weights of modules in both that do not fit any more.
    """

    changes: tuple[Change, ...] = ()
    types: tuple[Change, ...] = ()
    weights: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def to_dict(self) -> dict[str, Data]:
        """Return everything as plain data for tools."""
        parts = {"changes": self.changes, "types": self.types, "weights": self.weights}
        return {"equal": not self, **{name: [change.to_dict() for change in part] for name, part in parts.items()}}


def compare(old: Side, new: Side) -> Difference:
    """Return the changes from one application to another, and the consequences for types and weights."""
    before, after = old.canonical(new), new.canonical(old)
    modules = find_renames(before.modules, after.modules, _module_key)
    labels = {name: labels_after(graph, modules) for name, graph in before.graphs.items()}
    before = with_modules(before, modules)
    graphs = find_renames(before.graphs, after.graphs, _graph_key)
    before = with_graphs(before, graphs)
    calls = {
        name: find_renames(_calls(graph), _calls(after.graphs[name]), lambda call: call.module)
        for name, graph in before.graphs.items()
        if name in after.graphs
    }
    labelled = {name: with_labels(graph, calls.get(name, {})) for name, graph in before.graphs.items()}
    changes = [*_renamings("modules", modules), *_renamings("graphs", graphs)]
    changes += [change for name, names in calls.items() for change in _renamings("calls", names, name)]
    was, now = data_of(replace(before, graphs=labelled)), data_of(after)
    for path, what, value, new_value in differences((), was, now):
        if not old.names_the_same(new, now, path, what, value, new_value):
            text = words_of(path, what, value, new_value)
            changes.append(Change(path, what, text, value, new_value))
    if not changes:
        return Difference()
    names = {name: name for name in before.modules} | {new_name: old_name for old_name, new_name in modules.items()}
    changed = {
        name: names[name]
        for name, module in after.modules.items()
        if name in before.modules and _module_key(module) != _module_key(before.modules[name])
    }
    types = list(_port_types(changed, old, new))
    named = {change.path[1:] for change in types}
    origins = {name: name for name in after.graphs} | {new_name: old_name for old_name, new_name in graphs.items()}
    for name, origin in origins.items():
        graph_was, graph_now = old.checked.graphs.get(origin), new.checked.graphs.get(name)
        if graph_was is not None and graph_now is not None:
            types += _call_types(name, graph_was, graph_now, labels[origin] | calls.get(name, {}), named)
    weights = [change for name, origin in changed.items() for change in _weights(name, origin, old, new)]
    return Difference(tuple(changes), tuple(types), tuple(weights))


def _module_key(module: ModuleEntry) -> str:
    return canonical_json([module.type, module.version, module.graph, dict(module.params)])


def _graph_key(graph: GraphEntry) -> str:
    return canonical_json(application_data(ApplicationEntry(graphs={"": graph})))


def _calls(graph: GraphEntry) -> dict[str, CallEntry]:
    return {call.label: call for call in graph.calls}


def _renamings(section: str, names: Mapping[str, str], graph: str = "") -> Iterator[Change]:
    at: Path = ("graphs", graph, section) if graph else (section,)
    where = f"{graph}: " if graph else ""
    for old, new in names.items():
        yield Change((*at, new), "renamed", f"{where}the {section[:-1]} {old} is called {new} now", old, new)


def _port_types(changed: Mapping[str, str], old: Side, new: Side) -> Iterator[Change]:
    """Yield the ports of changed modules whose types are others now."""
    for name, origin in changed.items():
        was, now = old.checked.modules.get(origin), new.checked.modules.get(name)
        if was is None or now is None or was.cls is not now.cls:
            continue
        for side in ("inputs", "outputs"):
            olds, news = getattr(was.signature, side), getattr(now.signature, side)
            for port in (port for port in news if port in olds):
                pair = str(olds[port].type), str(news[port].type)
                if pair[0] != pair[1]:
                    yield Change(("modules", name, port), "changed", f"{name}.{port}: {' -> '.join(pair)}", *pair)


def _call_types(
    graph: str, was: CheckedGraph, now: CheckedGraph, labels: Mapping[str, str], named: set[Path]
) -> Iterator[Change]:
    """Yield the outputs of calls whose types are others now, unless their module's ports have been named already."""
    before = {labels.get(label, label): was.types(label) for label in was.steps}
    after = {label: now.types(label) for label in now.steps}
    for label in (label for label in after if label in before):
        types = before[label]
        for port in (port for port in after[label] if port in types and (label, port) not in named):
            # a type may name the call that made it, by its label of then
            old = _OWNER.sub(lambda match: labels.get(match.group(), match.group()), str(types[port]))
            new = str(after[label][port])
            if old != new:
                path = ("graphs", graph, label, port)
                yield Change(path, "changed", f"{graph}: {label}.{port}: {old} -> {new}", old, new)


def _weights(name: str, origin: str, old: Side, new: Side) -> Iterator[Change]:
    """Yield the weights of a module that saved weights of its older form do not fit."""
    was, now = old.shapes(origin, name), new.shapes(name, name)
    at: Path = ("modules", name)
    if was is None or now is None:
        before, after = old.checked.modules.get(origin), new.checked.modules.get(name)
        if before is not None and after is not None and _ports(before) != _ports(after):
            yield Change(at, "changed", f"{name}: its ports are others, and its saved weights may not fit")
        return
    for weight in [*was, *(weight for weight in now if weight not in was)]:
        if was.get(weight) != now.get(weight):
            what: What = "added" if weight not in was else "removed" if weight not in now else "changed"
            pair: list[Data] = [None if weight not in shapes else list(shapes[weight]) for shapes in (was, now)]
            yield Change((*at, weight), what, words_of((weight,), what, *pair), *pair)


def _ports(module: Declared) -> list[str]:
    signature = module.signature
    return [f"{port.name} {port.type}" for port in (*signature.inputs.values(), *signature.outputs.values())]
