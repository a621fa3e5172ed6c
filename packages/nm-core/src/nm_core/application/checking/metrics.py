"""Metrics and callbacks: their classes, parameters, and the outputs of graphs that they read."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from nm_core.application.checking.calls import complain_about_edges
from nm_core.application.checking.context import Context
from nm_core.application.checking.graphs import CheckedGraph
from nm_core.application.checking.modules import check_class, declare
from nm_core.application.checking.parameters import check_names, check_values
from nm_core.application.form.entries import CallbackEntry, MetricEntry, ModuleEntry, Reference
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.errors import GraphError, NmError
from nm_core.graphs.calls import order_calls
from nm_core.graphs.sources import find_only_source
from nm_core.modules.metric import Metric
from nm_core.symbols import recording
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.tensor import NmTensor

Graphs = Mapping[str, CheckedGraph | None]


def check_metrics(context: Context, metrics: Sequence[MetricEntry], graphs: Graphs, at: Path) -> None:
    """Check a list of metrics."""
    for path, entry in context.numbered(at, metrics):
        _check_metric(context, entry, graphs, path)


def check_callbacks(context: Context, callbacks: Sequence[CallbackEntry], graphs: Graphs, at: Path) -> None:
    """Check a list of callbacks; a metric that one evaluates is checked like those of the eval section."""
    for path, entry in context.numbered(at, callbacks):
        _check_callback(context, entry, path)
        if isinstance(entry.metrics, tuple):
            check_metrics(context, entry.metrics, graphs, (*path, "metrics"))
        elif entry.metrics is not None and context.entry.eval is None and not context.is_broken(("eval",)):
            context.complain("There is no eval section, whose metrics this callback wants.", (*path, "metrics"))


def find_output(context: Context, reference: Reference, graphs: Graphs, at: Path) -> NmTensor | None:
    """Return an output of a graph; None where there is none, after complaining if nobody has yet."""
    name = reference.call or ""
    entry = context.entry.graphs.get(name)
    if entry is None:
        if not context.is_broken(("graphs", name)):
            names = context.entry.graphs
            context.complain(f'There is no graph "{name}".{suggest(name, names)}\n  The graphs: {listed(names)}.', at)
        return None
    if reference.port not in entry.outputs:
        if not context.is_broken(("graphs", name, "outputs", reference.port)):
            context.complain(
                f'The graph {name} has no output "{reference.port}".{suggest(reference.port, entry.outputs)}\n'
                f"  Its outputs: {listed(entry.outputs)}.",
                at,
            )
        return None
    graph = graphs.get(name)
    return None if graph is None else graph.calls.outputs[reference.port]


def _check_metric(context: Context, entry: MetricEntry, graphs: Graphs, at: Path) -> None:
    id, _, version = entry.type.partition("@")
    cls = check_class(context, id, int(version) if version else None, (*at, "type"))
    if cls is None:
        return
    if not issubclass(cls, Metric):
        context.complain(f"{entry.type} is no metric.\n  Modules are called in graphs.", (*at, "type"))
        return
    name = entry.name or id.rpartition(".")[2]
    declared = declare(context, cls, name, ModuleEntry(id, params=entry.params), at)
    if declared is None:
        return
    ports = declared.signature.inputs
    tensors: dict[str, NmTensor] = {}
    unknown: list[str] = []
    for port, reference in entry.inputs.items():
        where = (*at, "inputs", port)
        if port not in ports:
            unknown.append(port)
            message = f'{entry.type} has no input port "{port}".{suggest(port, ports)}'
            context.complain(f"{message}\n  Its input ports: {listed(ports)}.", where, key=True)
            continue
        tensor = find_output(context, reference, graphs, where)
        if tensor is not None:
            tensors[port] = tensor
    missing = [port.name for port in ports.values() if not port.optional and port.name not in entry.inputs]
    if len(missing) > len(unknown) and not context.is_broken((*at, "inputs")):
        context.complain(
            f"{entry.type} needs its inputs {' and '.join(missing)}, left open here.\n"
            f"  Name outputs of graphs: inputs: {{{missing[0]}: eval.{missing[0]}}}.",
            (*at, "inputs") if entry.inputs else (*at, "type"),
        )
    try:
        recording.type_arguments(declared, tensors, PortSpec(), owner=name, location="", policy="error")
        cls.check_tensors(declared.params, tensors)
    except NmError as error:
        complain_about_edges(context, error, entry.inputs, at)
    check_source(context, list(tensors.values()), name, (*at, "inputs"))


def check_source(context: Context, tensors: Sequence[NmTensor], user: str, at: Path) -> None:
    """Check that what is trained or evaluated together comes from one data layer, as the engine will ask for it.

    Args:
        user: who runs over it, for the message.
    """
    calls = list(order_calls(tensors, frozenset()))
    if not tensors or any(call.is_failed for call in calls):  # behind a call with a problem, nobody knows
        return
    try:
        find_only_source(calls, user)
    except GraphError as error:
        context.complain(error, at)


def _check_callback(context: Context, entry: CallbackEntry, at: Path) -> None:
    try:
        callback = context.collections.lookup("callbacks", entry.type)
    except NmError as error:
        context.complain(error, (*at, "type"))
        return
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(callback).parameters.items()
        if not (name == "metrics" and (entry.metrics is not None or context.is_broken((*at, "metrics"))))
    }
    check_names(context, entry.type, parameters, entry.params, at)
    if isinstance(callback, type):
        check_values(context, callback, parameters, entry.params, at)
    if entry.metrics is not None and "metrics" not in inspect.signature(callback).parameters:
        context.complain(f"{entry.type} evaluates nothing: it takes no metrics.", (*at, "metrics"))
