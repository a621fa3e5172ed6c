"""The canonical form of an application: defaults filled in, calls in an order that depends on nothing but the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush

from nm_core.application.checking import Checked
from nm_core.application.checking.topological import dependencies
from nm_core.application.form.entries import ApplicationEntry, GraphEntry, ModuleEntry
from nm_core.application.form.to_data import application_data
from nm_core.application.text.tree import Data
from nm_core.modules.composite import CompositeModule
from nm_core.modules.views import View
from nm_core.symbols.parameters import thaw
from nm_types.unifying import release_sizes


def canonical(entry: ApplicationEntry, checked: Checked) -> ApplicationEntry:
    """Return an application in canonical form; `params` are gone, since what stood for them has taken their place."""
    graphs = {name: canonical_graph(graph) for name, graph in sorted(entry.graphs.items())}
    modules = {name: _module(entry.modules[name], checked, name) for name in _by_use(graphs, entry.modules)}
    graphs = {name: _graph(name, graph, entry, checked) for name, graph in graphs.items()}
    return replace(entry, params={}, modules=modules, graphs=graphs, freeze=tuple(sorted(entry.freeze)))


def canonical_data(entry: ApplicationEntry, checked: Checked) -> dict[str, Data]:
    """Return the canonical form as plain data: its canonical JSON defines equality and the digest."""
    return application_data(canonical(entry, checked))


def canonical_graph(graph: GraphEntry) -> GraphEntry:
    """Return a graph with its calls after those they use, and by label where that leaves a choice."""
    calls = {call.label: call for call in graph.calls}
    waiting, users = dependencies(calls)
    ready = [label for label, used in waiting.items() if not used]
    # a heap: among calls that are ready the label decides, whatever their order in the file
    heapify(ready)
    ordered = []
    while ready:
        label = heappop(ready)
        ordered.append(calls[label])
        for user in users[label]:
            waiting[user].pop(label)
            if not waiting[user]:
                heappush(ready, user)
    return replace(graph, calls=tuple(ordered))


def _by_use(graphs: Mapping[str, GraphEntry], modules: Mapping[str, ModuleEntry]) -> list[str]:
    """Return the names of modules in the order in which the graphs call them, the others after them by name."""
    called = dict.fromkeys(call.module for graph in graphs.values() for call in graph.calls)
    return [name for name in called if name in modules] + sorted(name for name in modules if name not in called)


def _module(entry: ModuleEntry, checked: Checked, name: str) -> ModuleEntry:
    declared = checked.modules.get(name)
    if declared is None:
        return entry
    id, _, version = declared.id.partition("@")
    return ModuleEntry(id, int(version), {key: thaw(value) for key, value in sorted(declared.params.items())})


def _graph(name: str, graph: GraphEntry, entry: ApplicationEntry, checked: Checked) -> GraphEntry:
    """Return a graph with the types of its inputs and the casts of its calls as they are, however they were written."""
    graph = _bind_params(graph, entry.params)
    typed = checked.seen.get(name)
    if typed is None:
        return graph
    types = release_sizes(dict(sorted(typed.inputs.items())))
    inputs = {port: str(types[port]) if port in types else text for port, text in graph.inputs.items()}
    modules = ((call.label, checked.modules.get(call.module)) for call in graph.calls)
    classes = {label: module.cls for label, module in modules if module is not None}
    views = {label for label, cls in classes.items() if issubclass(cls, View)}
    steps = {label: step for label, step in typed.steps.items() if not step.is_failed}
    casts = {label: {} if label in views else dict(step.casts) for label, step in steps.items()}
    calls = tuple(replace(call, casts=casts.get(call.label, call.casts)) for call in graph.calls)
    composite = {label for label, cls in classes.items() if issubclass(cls, CompositeModule)}
    inside = graph.casts == "transpose" and any(call.label in composite and not call.casts for call in calls)
    return replace(graph, inputs=inputs, calls=calls, casts="transpose" if inside else "error")


def _bind_params(graph: GraphEntry, params: Mapping[str, Data]) -> GraphEntry:
    """Put the values of parameters in the place of names in braces in the types of free inputs."""
    bound = {}
    for name, text in graph.inputs.items():
        for key, value in params.items():
            text = text.replace(f"{{{key}}}", str(value))
        bound[name] = text
    return replace(graph, inputs=bound)
