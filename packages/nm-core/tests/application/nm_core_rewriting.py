"""The data of an application file said otherwise, and changed in one thing that means something."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, cast


def shuffled(data: Any, random: Random, at: tuple[str, ...] = ()) -> Any:
    """Return data with the keys of mappings, and the calls of graphs, in another order."""
    if isinstance(data, dict):
        items = [(key, shuffled(value, random, (*at, key))) for key, value in data.items()]
        random.shuffle(items)
        return dict(items)
    if isinstance(data, list):
        data = [shuffled(item, random, (*at, "-")) for item in data]
        if len(at) == 3 and at[0] == "graphs" and at[2] == "calls":
            random.shuffle(data)
        if at == ("freeze",):
            random.shuffle(data)
    return data


def respelled(data: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return the same application said otherwise: defaults, versions, tags and constants in full or not."""
    data = copy.deepcopy(data)
    for entry in data["modules"].values():
        if "type" in entry:
            entry["type"] = entry["type"].partition("@")[0] + random.choice(["", "@1"])
            entry["params"] = dict(_literal(entry.get("params", {}), data["params"], random))
            if entry["type"].startswith("zoo.Encoder"):
                entry["params"].setdefault("stride", 1)
                entry["params"].setdefault("blocks", None)
    for graph in data["graphs"].values():
        for name, text in graph.get("inputs", {}).items():
            if random.random() < 0.5:
                graph["inputs"][name] = re.sub(r"\bB\b", "Batch", re.sub(r"\bT\b", " Time", text)).replace(
                    "{features}", "2"
                )
        graph.setdefault("casts", "error")
        for call in graph["calls"]:
            call.setdefault("as", call["call"])
            for port, given in call.get("inputs", {}).items():
                if isinstance(given, int | float):
                    call["inputs"][port] = {"value": given}
    data.setdefault("requires", {})
    data.setdefault("description", None)
    data["params"]["spare"] = ["nobody asks"]
    return data


def _literal(value: Any, params: Mapping[str, Any], random: Random) -> Any:
    if isinstance(value, str) and value.startswith("$") and not value.startswith("$$"):
        return copy.deepcopy(params[value[1:]]) if random.random() < 0.7 else value
    if isinstance(value, list):
        return [_literal(item, params, random) for item in value]
    return {key: _literal(item, params, random) for key, item in value.items()} if isinstance(value, dict) else value


def changed(data: dict[str, Any], random: Random) -> tuple[str, dict[str, Any]] | None:
    """Return what was changed and the application with it; None where that change cannot be made here."""
    data = copy.deepcopy(data)
    name = random.choice([*CHANGES])
    return (name, data) if CHANGES[name](data, random) else None


def _calls(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for graph in data["graphs"].values():
        yield from graph["calls"]


def _change_parameter(data: dict[str, Any], random: Random) -> bool:
    entries = [entry for entry in data["modules"].values() if entry.get("type", "").startswith("zoo.Encoder")]
    if not entries:
        return False
    params = random.choice(entries).setdefault("params", {})
    key, values = random.choice(
        [("width", (7, 9)), ("rate", (0.25, 0.75)), ("note", ("a", "b")), ("blocks", ([1], [2]))]
    )
    params[key] = values[0] if params.get(key) != values[0] else values[1]
    return True


def _change_constant(data: dict[str, Any], random: Random) -> bool:
    calls = [call for call in _calls(data) if "scale" in call.get("inputs", {})]
    if calls:
        random.choice(calls)["inputs"]["scale"] = 17
    return bool(calls)


def _change_kind_of_constant(data: dict[str, Any], random: Random) -> bool:
    for call in _calls(data):
        if call.get("inputs", {}).get("scale") is True:
            call["inputs"]["scale"] = 1
            return True
    return False


def _open_optional(data: dict[str, Any], random: Random) -> bool:
    for call in _calls(data):
        for port in ("mode", "scale", "length"):
            if port in call.get("inputs", {}) and data["modules"][call["call"]].get("type"):
                del call["inputs"][port]
                return True
    return False


def _add_output(data: dict[str, Any], random: Random) -> bool:
    graph = random.choice([*data["graphs"].values()])
    graph["outputs"]["another"] = random.choice([*graph["outputs"].values()])
    return True


def _turn_list(data: dict[str, Any], random: Random) -> bool:
    for call in _calls(data):
        values = call.get("inputs", {}).get("values", [])
        if isinstance(values, list) and values != values[::-1]:
            call["inputs"]["values"] = values[::-1]
            return True
    return False


def _fact(data: dict[str, Any], random: Random) -> bool:
    if not data.get("freeze"):
        return False
    data["freeze"] = [*data["freeze"], data["freeze"][0] + "*"]
    return True


def _seed(data: dict[str, Any], random: Random) -> bool:
    data["seed"] += 1
    return True


def _train(data: dict[str, Any], random: Random) -> bool:
    if "train" not in data:
        return False
    data["train"] |= cast("dict[str, Any]", random.choice([{"max_steps": 4}, {"log_every": 9}, {"optimizer": "adam"}]))
    return True


def _another_module(data: dict[str, Any], random: Random) -> bool:
    """Let a second call have weights of its own."""
    names = [call["call"] for call in _calls(data)]
    for call in _calls(data):
        if names.count(call["call"]) > 1 and data["modules"][call["call"]].get("type", "").startswith("zoo"):
            data["modules"]["own"] = copy.deepcopy(data["modules"][call["call"]])
            call.setdefault("as", call["call"])
            call["call"] = "own"
            return True
    return False


CHANGES = {
    "a parameter": _change_parameter,
    "a constant": _change_constant,
    "the kind of a constant": _change_kind_of_constant,
    "an input that may stay open": _open_optional,
    "an output": _add_output,
    "the order of a list": _turn_list,
    "freezing": _fact,
    "the seed": _seed,
    "training": _train,
    "weights that were shared": _another_module,
}
