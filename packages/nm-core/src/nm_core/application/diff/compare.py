"""What changed between two applications, on their canonical forms: spelling, order and defaults do not count."""

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
        what: what happened there.
        text: the same in words.
        old: what was there, as plain data; for a renaming the old name.
        new: what is there now.
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
    """What changed, and what follows from it.

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
        return {"equal": not self, **{name: [one.to_dict() for one in part] for name, part in parts.items()}}


def compare(old: Side, new: Side) -> Difference:
    """Return what changed from one application to another, and what follows for types and weights."""
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
    changes += [_change(*found) for found in differences((), was, now) if not old.names_the_same(new, now, *found)]
    if not changes:
        return Difference()
    names = {name: name for name in before.modules} | {new_name: old_name for old_name, new_name in modules.items()}
    changed = {
        name: names[name]
        for name, module in after.modules.items()
        if name in before.modules and _module_key(module) != _module_key(before.modules[name])
    }
    types = list(_port_types(changed, old, new))
    said = {one.path[1:] for one in types}
    origins = {name: name for name in after.graphs} | {new_name: old_name for old_name, new_name in graphs.items()}
    for name, origin in origins.items():
        typed, other = old.checked.graphs.get(origin), new.checked.graphs.get(name)
        if typed is not None and other is not None:
            types += _call_types(name, typed, other, labels[origin] | calls.get(name, {}), said)
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


def _change(path: Path, what: What, old: Data, new: Data) -> Change:
    return Change(path, what, words_of(path, what, old, new), old, new)


def _port_types(changed: Mapping[str, str], old: Side, new: Side) -> Iterator[Change]:
    """Yield the ports of changed modules whose types are others now."""
    for name, origin in changed.items():
        was, now = old.checked.modules.get(origin), new.checked.modules.get(name)
        if was is None or now is None or was.cls is not now.cls:
            continue
        for side in ("inputs", "outputs"):
            olds, news = getattr(was.signature, side), getattr(now.signature, side)
            for port in (port for port in news if port in olds):
                one, other = str(olds[port].type), str(news[port].type)
                if one != other:
                    yield Change(("modules", name, port), "changed", f"{name}.{port}: {one} -> {other}", one, other)


def _call_types(
    graph: str, was: CheckedGraph, now: CheckedGraph, labels: Mapping[str, str], said: set[Path]
) -> Iterator[Change]:
    """Yield the outputs of calls whose types are others now, unless their module's ports have been named already."""
    before = {labels.get(label, label): was.types(label) for label in was.steps}
    after = {label: now.types(label) for label in now.steps}
    for label in (label for label in after if label in before):
        types = before[label]
        for port in (port for port in after[label] if port in types and (label, port) not in said):
            one = _OWNER.sub(lambda match: labels.get(match.group(), match.group()), str(types[port]))
            other = str(after[label][port])
            if one != other:
                path = ("graphs", graph, label, port)
                yield Change(path, "changed", f"{graph}: {label}.{port}: {one} -> {other}", one, other)


def _weights(name: str, origin: str, old: Side, new: Side) -> Iterator[Change]:
    """Yield the weights of a module that saved weights of its older form do not fit."""
    was, now = old.shapes(origin, name), new.shapes(name, name)
    at: Path = ("modules", name)
    if was is None or now is None:
        made, wanted = old.checked.modules.get(origin), new.checked.modules.get(name)
        if made is not None and wanted is not None and _ports(made) != _ports(wanted):
            yield Change(at, "changed", f"{name}: its ports are others, and its saved weights may not fit")
        return
    for weight in [*was, *(weight for weight in now if weight not in was)]:
        if was.get(weight) != now.get(weight):
            what: What = "added" if weight not in was else "removed" if weight not in now else "changed"
            one, other = (_listed(shapes.get(weight)) for shapes in (was, now))
            text = words_of((weight,), what, one, other)
            yield Change((*at, weight), what, text, one, other)


def _listed(shape: tuple[int, ...] | None) -> Data:
    return None if shape is None else list(shape)


def _ports(module: Declared) -> list[str]:
    signature = module.signature
    return [f"{port.name} {port.type}" for port in (*signature.inputs.values(), *signature.outputs.values())]
