"""Where the data of two applications differs: the innermost values, each with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Literal

from nm_core.application.form.entries import ApplicationEntry, TrainEntry
from nm_core.application.form.to_data import application_data
from nm_core.application.text.problems import Path
from nm_core.application.text.tree import Data
from nm_core.application.text.writers import canonical_json

What = Literal["added", "removed", "changed", "renamed"]
DataChange = tuple[Path, What, Data, Data]
"""A path, the kind of change there, the old value and the new one."""


def data_of(entry: ApplicationEntry) -> dict[str, Data]:
    """Return an application as data in which calls, callbacks and metrics go by name and train has its defaults."""
    data = application_data(entry)
    graphs = data.get("graphs", {})
    assert isinstance(graphs, dict)
    for name, graph in graphs.items():
        assert isinstance(graph, dict)
        calls = zip(entry.graphs[name].calls, _items(graph.get("calls", [])), strict=True)
        graph["calls"] = {call.label: {key: fields[key] for key in fields if key != "as"} for call, fields in calls}
    train, judged = data.get("train"), data.get("eval")
    if isinstance(train, dict) and entry.train is not None:
        defaults = {field.name: getattr(entry.train, field.name) for field in fields(TrainEntry)}
        callbacks = _name_items(_items(train.get("callbacks", [])))
        for callback in _items(list(callbacks.values())):
            if isinstance(callback.get("metrics"), list):
                callback["metrics"] = _name_items(_items(callback["metrics"]))
        data["train"] = defaults | {"policy": {}} | train | {"callbacks": callbacks}
    if isinstance(judged, dict):
        data["eval"] = {"metrics": _name_items(_items(judged["metrics"]))}
    return data


def _items(data: Data) -> list[dict[str, Data]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _name_items(items: list[dict[str, Data]]) -> dict[str, Data]:
    """Return callbacks or metrics by name, or type, with a number where one stands twice."""
    named: dict[str, Data] = {}
    for item in items:
        name = str(item.get("name", item["type"]))
        number = sum(key == name or key.startswith(f"{name} ") for key in named)
        named[f"{name} {number + 1}" if number else name] = item
    return named


def differences(path: Path, was: Data, now: Data) -> Iterator[DataChange]:
    """Yield the innermost values that differ."""
    if isinstance(was, dict) and isinstance(now, dict):
        if path[:1] == ("modules",) and len(path) == 2 and kind_of(was) != kind_of(now):
            yield path, "changed", was, now
            return
        for key in [*was, *(key for key in now if key not in was)]:
            if key in was and key in now:
                yield from differences((*path, key), was[key], now[key])
            elif key in now:
                yield from _parts((*path, key), "added", now[key])
            else:
                yield from _parts((*path, key), "removed", was[key])
        ordered = path and path[-1] in ("callbacks", "metrics")
        if ordered and [key for key in was if key in now] != [key for key in now if key in was]:
            yield path, "changed", list(was), list(now)
    elif path in (("tie",), ("freeze",)):
        yield from _members(path, was, now)
    elif isinstance(was, list) and isinstance(now, list) and any(isinstance(item, dict | list) for item in was + now):
        yield from _lists(path, was, now)
    elif canonical_json(was) != canonical_json(now):  # 1 and 1.0 are two values of a file, and one in Python
        yield path, "changed", was, now


def _parts(path: Path, what: What, value: Data) -> Iterator[DataChange]:
    """Yield a value that only one side has: as one, or by its parts where it has no meaning of its own."""
    if path in (("tie",), ("freeze",)):
        yield from _members(path, *([], value) if what == "added" else (value, []))
    elif isinstance(value, dict) and (len(path) == 1 or path[-1] in ("params", "inputs", "outputs", "casts")):
        for key, item in value.items():
            yield from _parts((*path, key), what, item)
    else:
        yield (path, what, None, value) if what == "added" else (path, what, value, None)


def _members(path: Path, was: Data, now: Data) -> Iterator[DataChange]:
    assert isinstance(was, list)
    assert isinstance(now, list)
    yield from ((path, "removed", member, None) for member in was if member not in now)
    yield from ((path, "added", None, member) for member in now if member not in was)


def _lists(path: Path, was: list[Data], now: list[Data]) -> Iterator[DataChange]:
    # items that are equal at both ends are set aside: one insertion is one change
    texts = [[canonical_json(item) for item in items] for items in (was, now)]
    start = common_prefix(*texts)
    end = common_prefix(*(items[start:][::-1] for items in texts))
    olds, news = was[start : len(was) - end], now[start : len(now) - end]
    for index, pair in enumerate(zip(olds, news, strict=False), start):
        yield from differences((*path, index), *pair)
    both = start + min(len(olds), len(news))
    yield from (((*path, both + i), "removed", item, None) for i, item in enumerate(olds[len(news) :]))
    yield from (((*path, both + i), "added", None, item) for i, item in enumerate(news[len(olds) :]))


def kind_of(module: Mapping[str, Data]) -> str:
    """Return the kind of a module: its type without the version, or the graph that it repeats."""
    return f"the graph {module['graph']}" if "graph" in module else str(module.get("type")).partition("@")[0]


def common_prefix(left: Sequence[object], right: Sequence[object]) -> int:
    """Return how many items two sequences share from their beginning."""
    differ = (index for index, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1])
    return next(differ, min(len(left), len(right)))
