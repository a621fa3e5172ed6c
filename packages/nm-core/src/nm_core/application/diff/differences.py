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
Found = tuple[Path, What, Data, Data]
"""A path, what happened there, what was there and what is there now."""


def data_of(entry: ApplicationEntry) -> dict[str, Data]:
    """Return an application as data in which calls, callbacks and metrics go by name and train has its defaults."""
    data = application_data(entry)
    graphs = data.get("graphs", {})
    assert isinstance(graphs, dict)
    for name, graph in graphs.items():
        assert isinstance(graph, dict)
        calls = zip(entry.graphs[name].calls, _items(graph.get("calls", [])), strict=True)
        graph["calls"] = {call.label: {key: one[key] for key in one if key != "as"} for call, one in calls}
    train, judged = data.get("train"), data.get("eval")
    if isinstance(train, dict) and entry.train is not None:
        defaults = {field.name: getattr(entry.train, field.name) for field in fields(TrainEntry)}
        callbacks = _named(_items(train.get("callbacks", [])))
        for callback in _items(list(callbacks.values())):
            if isinstance(callback.get("metrics"), list):
                callback["metrics"] = _named(_items(callback["metrics"]))
        data["train"] = defaults | {"policy": {}} | train | {"callbacks": callbacks}
    if isinstance(judged, dict):
        data["eval"] = {"metrics": _named(_items(judged["metrics"]))}
    return data


def _items(data: Data) -> list[dict[str, Data]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _named(items: list[dict[str, Data]]) -> dict[str, Data]:
    """Return callbacks or metrics by name, or type, with a number where one stands twice."""
    named: dict[str, Data] = {}
    for item in items:
        name = str(item.get("name", item["type"]))
        number = sum(known == name or known.startswith(f"{name} ") for known in named)
        named[f"{name} {number + 1}" if number else name] = item
    return named


def differences(path: Path, was: Data, now: Data) -> Iterator[Found]:
    """Yield the innermost values that differ."""
    if isinstance(was, dict) and isinstance(now, dict):
        if path[:1] == ("modules",) and len(path) == 2 and kind_of(was) != kind_of(now):
            yield path, "changed", was, now
            return
        for key in [*was, *(key for key in now if key not in was)]:
            if key in was and key in now:
                yield from differences((*path, key), was[key], now[key])
            elif key in now:
                yield from _whole((*path, key), "added", now[key])
            else:
                yield from _whole((*path, key), "removed", was[key])
        shared = [[key for key in one if key in other] for one, other in ((was, now), (now, was))]
        if path and path[-1] in ("callbacks", "metrics") and shared[0] != shared[1]:
            yield path, "changed", list(was), list(now)
    elif path in (("tie",), ("freeze",)):
        yield from _members(path, was, now)
    elif isinstance(was, list) and isinstance(now, list) and any(isinstance(one, dict | list) for one in was + now):
        yield from _lists(path, was, now)
    elif canonical_json(was) != canonical_json(now):  # 1 and 1.0 are two values of a file, and one in Python
        yield path, "changed", was, now


def _whole(path: Path, what: What, value: Data) -> Iterator[Found]:
    """Yield what is only on one side: as a whole, or by its parts where it has none of its own."""
    if path in (("tie",), ("freeze",)):
        yield from _members(path, *([], value) if what == "added" else (value, []))
    elif isinstance(value, dict) and (len(path) == 1 or path[-1] in ("params", "inputs", "outputs", "casts")):
        for key, item in value.items():
            yield from _whole((*path, key), what, item)
    elif what == "added":
        yield path, what, None, value
    else:
        yield path, what, value, None


def _members(path: Path, was: Data, now: Data) -> Iterator[Found]:
    assert isinstance(was, list)
    assert isinstance(now, list)
    yield from ((path, "removed", one, None) for one in was if one not in now)
    yield from ((path, "added", None, one) for one in now if one not in was)


def _lists(path: Path, was: list[Data], now: list[Data]) -> Iterator[Found]:
    texts = [[canonical_json(item) for item in items] for items in (was, now)]
    start = shared(*texts)
    end = shared(*(items[start:][::-1] for items in texts))
    olds, news = was[start : len(was) - end], now[start : len(now) - end]
    for index, (one, other) in enumerate(zip(olds, news, strict=False), start):
        yield from differences((*path, index), one, other)
    both = start + min(len(olds), len(news))
    yield from (((*path, both + i), "removed", one, None) for i, one in enumerate(olds[len(news) :]))
    yield from (((*path, both + i), "added", None, one) for i, one in enumerate(news[len(olds) :]))


def kind_of(module: Mapping[str, Data]) -> str:
    """Return what a module is: its type without the version, or the graph that it repeats."""
    return f"the graph {module['graph']}" if "graph" in module else str(module.get("type")).partition("@")[0]


def shared(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two sequences share from their beginning."""
    differ = (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    return next(differ, min(len(one), len(other)))
