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


def find_renames(old: Mapping[str, T], new: Mapping[str, T], key: Callable[[T], Hashable]) -> dict[str, str]:
    """Return new names by old ones, for items that are the same by `key` under another name, in their order."""
    free: dict[Hashable, list[str]] = {}
    for name, item in new.items():
        if name not in old:
            free.setdefault(key(item), []).append(name)
    renames = {}
    for name, item in old.items():
        if name not in new and free.get(key(item)):
            renames[name] = free[key(item)].pop(0)
    return renames


def with_modules(entry: ApplicationEntry, names: Names) -> ApplicationEntry:
    """Return an application with modules renamed; calls that bear the name of their module follow it."""
    return replace(
        entry,
        modules={names.get(name, name): module for name, module in entry.modules.items()},
        graphs={name: _with_modules(graph, names) for name, graph in entry.graphs.items()},
        tie=tuple(tuple(_rename_owner(weight, names) for weight in weights) for weights in entry.tie),
        freeze=tuple(_rename_owner(pattern, names) for pattern in entry.freeze),
        init_from={names.get(name, name): path for name, path in entry.init_from.items()},
    )


def with_graphs(entry: ApplicationEntry, names: Names) -> ApplicationEntry:
    """Return an application with graphs renamed."""

    def metrics(entries: Iterable[MetricEntry]) -> tuple[MetricEntry, ...]:
        return tuple(
            replace(entry, inputs={port: _rename(reference, names) for port, reference in entry.inputs.items()})
            for entry in entries
        )

    def callback(entry: CallbackEntry) -> CallbackEntry:
        return replace(entry, metrics=metrics(entry.metrics)) if isinstance(entry.metrics, tuple) else entry

    train, judged = entry.train, entry.eval
    if train is not None:
        optimize = tuple(_rename(reference, names) for reference in train.optimize)
        train = replace(train, optimize=optimize, callbacks=tuple(map(callback, train.callbacks)))
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
    graph = with_references(graph, lambda reference: _rename(reference, names))
    return replace(graph, calls=tuple(replace(call, label=names.get(call.label, call.label)) for call in graph.calls))


def with_references(graph: GraphEntry, change: Callable[[Reference], Reference]) -> GraphEntry:
    """Return a graph in which every reference is another."""

    def change_input(value: Input) -> Input:
        if isinstance(value, tuple):
            return tuple(map(change, value))
        return change(value) if isinstance(value, Reference) else value

    calls = (
        replace(call, inputs={port: change_input(value) for port, value in call.inputs.items()}) for call in graph.calls
    )
    outputs = {name: change(reference) for name, reference in graph.outputs.items()}
    return replace(graph, calls=tuple(calls), outputs=outputs)


def labels_after(graph: GraphEntry, modules: Names) -> dict[str, str]:
    """Return the new names of calls that bear the name of a module that is renamed."""
    labels = {call.label for call in graph.calls}
    return {
        call.label: modules[call.module]
        for call in graph.calls
        if call.label == call.module and modules.get(call.module, call.label) not in labels
    }


def _with_modules(graph: GraphEntry, names: Names) -> GraphEntry:
    graph = with_labels(graph, labels_after(graph, names))
    calls = tuple(replace(call, module=names.get(call.module, call.module)) for call in graph.calls)
    return replace(graph, calls=calls)


def _rename(reference: Reference, names: Names) -> Reference:
    """Return a reference to what is called otherwise now."""
    return Reference(names.get(reference.call or "", reference.call), reference.port)


def _rename_owner(weight: str, names: Names) -> str:
    """Return the name or pattern of a weight with its module renamed."""
    # With the dot: renaming `encoder` must not touch weights of `encoder_2`.
    for old, new in names.items():
        if weight.startswith(f"{old}."):
            return new + weight[len(old) :]
    return weight
