"""An application as plain data again, ready to be written: the other direction of `format`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from nm_core.application.form.entries import (
    FORMAT,
    ApplicationEntry,
    CallbackEntry,
    CallEntry,
    GraphEntry,
    InitEntry,
    Input,
    MetricEntry,
    ModuleEntry,
    TrainEntry,
    Value,
)
from nm_core.application.form.references import escape
from nm_core.application.text.tree import Data


def application_data(entry: ApplicationEntry) -> dict[str, Data]:
    """Return an application as the data of its file, keys in the order of the format, defaults left out."""
    return _drop_empty(
        {
            "nm": FORMAT,
            "description": escape(entry.description),
            "requires": escape(entry.requires),
            "seed": entry.seed,
            "params": escape(entry.params),
            "modules": {name: _module(module) for name, module in entry.modules.items()},
            "graphs": {name: _graph(graph) for name, graph in entry.graphs.items()},
            "tie": [escape(weights) for weights in entry.tie],
            "freeze": escape(entry.freeze),
            "init_from": {name: _initial(initial) for name, initial in entry.init_from.items()},
            "tasks": escape(entry.tasks),
            "train": None if entry.train is None else _train(entry.train),
            "eval": None if entry.eval is None else {"metrics": [_metric(metric) for metric in entry.eval.metrics]},
        },
        keep=("nm", "seed"),
    )


def _drop_empty(items: Mapping[str, Data], keep: tuple[str, ...] = ()) -> dict[str, Data]:
    return {key: value for key, value in items.items() if key in keep or value not in (None, {}, [])}


def _module(entry: ModuleEntry) -> Data:
    if entry.graph is not None:
        return {"graph": entry.graph}
    id = entry.type if entry.version is None else f"{entry.type}@{entry.version}"
    return _drop_empty({"type": id, "params": escape(entry.params)})


def _graph(entry: GraphEntry) -> Data:
    casts = None if entry.casts == "error" else entry.casts
    outputs: dict[str, Data] = {name: str(source) for name, source in entry.outputs.items()}
    calls = [_call(call) for call in entry.calls]
    return _drop_empty({"inputs": escape(entry.inputs), "casts": casts, "calls": calls, "outputs": outputs})


def _call(entry: CallEntry) -> Data:
    # A label that is its module's name is left out: writing and reading again gives the same file.
    label = None if entry.label == entry.module else entry.label
    inputs: dict[str, Data] = {port: _input(value) for port, value in entry.inputs.items()}
    casts: dict[str, Data] = {port: list(order) for port, order in sorted(entry.casts.items())}
    return _drop_empty({"call": entry.module, "as": label, "inputs": inputs, "casts": casts})


def _input(value: Input) -> Data:
    if isinstance(value, Value):
        return {"value": escape(value.value)} if isinstance(value.value, str) else value.value
    return [str(source) for source in value] if isinstance(value, tuple) else str(value)


def _initial(entry: InitEntry) -> Data:
    return {"from": escape(entry.path), "partial": True} if entry.partial else escape(entry.path)


def _metric(entry: MetricEntry) -> Data:
    inputs: dict[str, Data] = {port: str(source) for port, source in entry.inputs.items()}
    return _drop_empty({"type": entry.type, "params": escape(entry.params), "inputs": inputs, "name": entry.name})


def _callback(entry: CallbackEntry) -> Data:
    metrics: Data = list(map(_metric, entry.metrics)) if isinstance(entry.metrics, tuple) else entry.metrics
    return _drop_empty({"type": escape(entry.type), "params": escape(entry.params), "metrics": metrics})


def _train(entry: TrainEntry) -> Data:
    data: dict[str, Data] = {
        "optimize": [str(source) for source in entry.optimize],
        "optimizer": escape(entry.optimizer),
        "policy": escape(entry.policy),
    }
    for field in fields(entry):
        if field.name not in data and field.name != "callbacks":
            value = getattr(entry, field.name)
            data[field.name] = None if value == field.default else escape(value)
    return _drop_empty(data | {"callbacks": [_callback(callback) for callback in entry.callbacks]})
