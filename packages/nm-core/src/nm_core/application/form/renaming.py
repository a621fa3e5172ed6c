"""Names of an application's modules, graphs and calls, changed wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from nm_core.application.form.entries import (
    ApplicationEntry,
    CallbackEntry,
    EvalEntry,
    GraphEntry,
    Input,
    MetricEntry,
    Reference,
)

T = TypeVar("T")
Names = Mapping[str, str]
"""New names by old ones; what is not among them keeps its name."""


def renamed(old: Mapping[str, T], new: Mapping[str, T], key: Callable[[T], Hashable]) -> dict[str, str]:
    """Return which names of `new` took the place of names of `old`: those that stand for the same, in their order."""
    free: dict[Hashable, list[str]] = {}
    for name, item in new.items():
        if name not in old:
            free.setdefault(key(item), []).append(name)
    found = {}
    for name, item in old.items():
        if name not in new and free.get(key(item)):
            found[name] = free[key(item)].pop(0)
    return found


def with_modules(entry: ApplicationEntry, names: Names) -> ApplicationEntry:
    """Return an application with modules renamed; calls that bear the name of their module follow it."""
    if not names:
        return entry
    return replace(
        entry,
        modules={names.get(name, name): module for name, module in entry.modules.items()},
        graphs={name: _with_modules(graph, names) for name, graph in entry.graphs.items()},
        tie=tuple(tuple(_owned(weight, names) for weight in weights) for weights in entry.tie),
        freeze=tuple(_owned(pattern, names) for pattern in entry.freeze),
        init_from={names.get(name, name): path for name, path in entry.init_from.items()},
    )


def with_graphs(entry: ApplicationEntry, names: Names) -> ApplicationEntry:
    """Return an application with graphs renamed."""
    if not names:
        return entry

    def metrics(entries: Iterable[MetricEntry]) -> tuple[MetricEntry, ...]:
        return tuple(
            replace(one, inputs={port: _renamed(reference, names) for port, reference in one.inputs.items()})
            for one in entries
        )

    def callback(one: CallbackEntry) -> CallbackEntry:
        return replace(one, metrics=metrics(one.metrics)) if isinstance(one.metrics, tuple) else one

    train, judged = entry.train, entry.eval
    if train is not None:
        optimize = tuple(_renamed(reference, names) for reference in train.optimize)
        train = replace(train, optimize=optimize, callbacks=tuple(callback(one) for one in train.callbacks))
    return replace(
        entry,
        modules={
            name: replace(module, graph=names.get(module.graph, module.graph)) if module.graph else module
            for name, module in entry.modules.items()
        },
        graphs={names.get(name, name): graph for name, graph in entry.graphs.items()},
        tasks={verb: names.get(graph, graph) for verb, graph in entry.tasks.items()},
        train=train,
        eval=None if judged is None else EvalEntry(metrics(judged.metrics)),
    )


def with_labels(graph: GraphEntry, names: Names) -> GraphEntry:
    """Return a graph with calls renamed."""
    if not names:
        return graph
    graph = with_references(graph, lambda reference: _renamed(reference, names))
    return replace(graph, calls=tuple(replace(one, label=names.get(one.label, one.label)) for one in graph.calls))


def with_references(graph: GraphEntry, change: Callable[[Reference], Reference]) -> GraphEntry:
    """Return a graph in which every reference is another."""

    def given(value: Input) -> Input:
        if isinstance(value, tuple):
            return tuple(map(change, value))
        return change(value) if isinstance(value, Reference) else value

    calls = (replace(one, inputs={port: given(value) for port, value in one.inputs.items()}) for one in graph.calls)
    outputs = {name: change(reference) for name, reference in graph.outputs.items()}
    return replace(graph, calls=tuple(calls), outputs=outputs)


def labels_after(graph: GraphEntry, modules: Names) -> dict[str, str]:
    """Return the new names of calls that bear the name of a module that is renamed."""
    taken = {call.label for call in graph.calls}
    return {
        call.label: modules[call.module]
        for call in graph.calls
        if call.label == call.module and modules.get(call.module, call.label) not in taken
    }


def _with_modules(graph: GraphEntry, names: Names) -> GraphEntry:
    graph = with_labels(graph, labels_after(graph, names))
    calls = tuple(replace(call, module=names.get(call.module, call.module)) for call in graph.calls)
    return replace(graph, calls=calls)


def _renamed(reference: Reference, names: Names) -> Reference:
    """Return a reference to what is called otherwise now."""
    return Reference(names.get(reference.call or "", reference.call), reference.port)


def _owned(weight: str, names: Names) -> str:
    """Return the name or pattern of a weight with its module renamed."""
    for old, new in names.items():
        if weight.startswith(f"{old}."):
            return new + weight[len(old) :]
    return weight
