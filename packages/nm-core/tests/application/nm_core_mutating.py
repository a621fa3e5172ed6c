"""Hostile files: applications damaged byte by byte, character by character, and value by value."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from nm_core.application.text.writers import to_yaml

TOKENS = [
    *("{", "}", "[", "]", ": ", "- ", "\n", "  ", "\t", "&a", "*a", "!x", "$", "$x", "$$", "@1", "|", ">", "%", "?"),
    *(
        '"',
        "'",
        "#",
        "\\",
        "\x00",
        "\ud800",
        "\u2028",
        "\x85",
        "0x",
        "1e999",
        ".nan",
        ".inf",
        "null",
        "true",
        "~",
        "<<",
    ),
    *("---", "...", ".", "..", "infer", "train", "encoder.encoded", "B T:t", "((((", "{}", "[]", "é", "😀", "\ufeff"),
    *(
        "!!python/object/apply:os.system [true]",
        "!!python/name:os.system",
        "%YAML 1.1\n---\n",
        "!!binary ''",
        "\\ud800",
    ),
    *("&a [*a]", "<<: *a", "? [a]\n: b", "0o7", "1_0", "-0", "1e400", "\u202e", "\r", "\r\n", "\x1b[31m", "a" * 3000),
]
SIZES = [
    "999999999999999999",
    "t*t*t*t*t*t*t*t",
    "(((t+1)//2+1)//2+1)//2",
    "t//0",
    "-1",
    "t+u+v+w",
    "2**64",
    "t%2",
    "t//t",
]
TYPES = [
    *(
        "",
        " ",
        "{}",
        "B",
        "*s",
        "*s *r",
        "list[list[list[object Text]]]",
        "object Nothing",
        "B ; Lengths(t*u*v)",
        ";",
        "B ;",
    ),
    *("{features}", "T:{text}", "T:{blocks}", "T:{unused}", "T:{features}+{features}*{features}", "B T:" + "(" * 400),
    *(
        "B " * 60,
        "+".join(f"a{i}" for i in range(120)),
        "T:" + "*".join(f"(a{i}+b{i})" for i in range(14)),
        "B T:t T:t+1",
    ),
    *("Spectrogram:2 " * 9, "nm_core.os", "B\nT", "T:t\x00", "𝐁 T", "T:" + "9" * 300, "B T:t ; LogProbs ; LogProbs"),
    *(f"B Spectrogram:2 T:{size}" for size in SIZES),
]
IDS = [
    *(
        "antigravity.Fly",
        "this.Zen",
        "os.system",
        "subprocess.Popen@1",
        "zoo.Source@999999999999",
        "zoo.Encoder@0",
        "zoo",
    ),
    *(
        "nm.Transpose",
        "nm.Assume",
        "zoo.Count",
        "zoo.__class__",
        "zoo.Encoder.sizes",
        "builtins.eval",
        "zoo." + "E" * 5000,
    ),
    *("../../etc/passwd", "http://example.org/x", "file:///dev/zero", "zoo.Pair@1", "zoo.Trainer", "speech.Frames"),
]
SCALARS: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**63,
        -(2**63),
        2**64 - 1,
        10**15,
        0.0,
        -0.0,
        1e308,
        5e-324,
        "",
        " ",
        "$",
        "$$",
        "$nope",
    ),
    *(
        "$features",
        "$blocks",
        "$$features",
        "/dev/zero",
        "/dev/stdin",
        "\x00",
        "a" * 20_000,
        "\u202e\u2066",
        "é" * 500,
        "nan",
    ),
    *(
        [],
        {},
        [[]],
        [[[[[[[[]]]]]]]],
        {"a": {"a": {"a": {}}}},
        [None] * 300,
        {"": 1},
        {"$x": "$y"},
        {"__class__": "os.system"},
    ),
]
NAMES = [
    "train",
    "infer",
    "data",
    "x0",
    "a.b.c",
    "__init__",
    "a" * 4000,
    "",
    "é",
    "as",
    "self",
    "a b",
    "1",
    "-",
    "x0.y",
    "$x",
]
CASTS = [
    [],
    [0],
    [0, 0, 0],
    [2, 1, 0],
    [*range(500)],
    [-1, 0],
    [10**18, 0],
    [0, 2, 1],
    [1.5, 0],
    "transpose",
    {"x": [0]},
]


def mutated(data: dict[str, Any], random: Random) -> tuple[str, bytes]:
    """Return the name and the content of a damaged file."""
    data = copy.deepcopy(data)
    structural = random.random() < 0.7
    for _ in range(random.choice([1, 1, 1, 2, 3, 6]) if structural else 0):
        random.choice(STRUCTURAL)(data, random)
    if random.random() < 0.6:
        name, text = "a.yaml", to_yaml(data)
    else:
        name, text = "a.json", json.dumps(data, indent=random.choice([None, 1]), ensure_ascii=random.random() < 0.5)
    if structural and random.random() < 0.8:
        return name, text.encode("utf-8", "surrogatepass")
    for _ in range(random.randint(1, 6)):
        text = _damaged_text(text, random)
    content = text.encode(random.choice([*["utf-8"] * 20, "utf-16", "utf-8-sig", "utf-32"]), "surrogatepass")
    for _ in range(random.choice([0] * 6 + [1, 3])):
        content = _damaged_bytes(content, random)
    return name, content


def _damaged_text(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    end = min(len(text), start + random.choice([0, 1, 1, 2, 5, 20, 80, 1000]))
    lines = text.splitlines(keepends=True) or [""]
    insert = random.choice(
        [random.choice(TOKENS), text[start:end] * 2, random.choice(lines), "", chr(random.randrange(1, 0x250))]
    )
    if random.random() < 0.05:
        return text[: random.randrange(len(text) + 1)]
    return text[:start] + insert + text[end:]


def _damaged_bytes(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    insert = bytes(random.randrange(256) for _ in range(random.choice([0, 1, 1, 4])))
    return content[:start] + insert + content[start + random.choice([0, 1, 2]) :]


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Return every container in the data with each of its keys."""
    found: list[tuple[Any, Any]] = []
    stack = [data]
    while stack and len(found) < 3000:
        one = stack.pop()
        keys = [*one] if isinstance(one, dict) else [*range(len(one))]
        found += [(one, key) for key in keys]
        stack += [one[key] for key in keys if isinstance(one[key], dict | list)]
    return found


def _any_value(data: dict[str, Any], random: Random) -> None:
    where, key = random.choice(_places(data) or [(data, "nm")])
    where[key] = copy.deepcopy(random.choice(SCALARS))


def _another_of_the_file(data: dict[str, Any], random: Random) -> None:
    places = _places(data)
    if places:
        (where, key), (other, theirs) = random.choice(places), random.choice(places)
        where[key] = copy.deepcopy(other[theirs])


def _swapped(data: dict[str, Any], random: Random) -> None:
    places = _places(data)
    if places:
        (where, key), (other, theirs) = random.choice(places), random.choice(places)
        one, another = copy.deepcopy(where[key]), copy.deepcopy(other[theirs])
        where[key] = another
        if theirs in other if isinstance(other, dict) else theirs < len(other):
            other[theirs] = one


def _gone(data: dict[str, Any], random: Random) -> None:
    places = _places(data)
    if places:
        where, key = random.choice(places)
        del where[key]


def _renamed(data: dict[str, Any], random: Random) -> None:
    places = [place for place in _places(data) if isinstance(place[0], dict)]
    if places:
        where, key = random.choice(places)
        where[random.choice([*NAMES, *(str(other) for _, other in places)])] = where.pop(key)


def _wrapped(data: dict[str, Any], random: Random) -> None:
    places = _places(data)
    if places:
        where, key = random.choice(places)
        for _ in range(random.choice([1, 1, 40, 60])):
            where[key] = [where[key]] if random.random() < 0.5 else {"a": where[key]}


def _repeated(data: dict[str, Any], random: Random) -> None:
    lists = [where[key] for where, key in _places(data) if isinstance(where[key], list) and where[key]]
    if lists:
        one = random.choice(lists)
        repeated, times = random.choice(one), random.choice([1, 3, 200])
        one += [copy.deepcopy(repeated) for _ in range(min(times, 100_000 // _size(repeated)))]


def _size(data: Any) -> int:
    """Return how many values there are in the data."""
    count, stack = 0, [data]
    while stack:
        one = stack.pop()
        count += 1
        stack += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return count


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _in_graphs(data: dict[str, Any], key: str) -> list[Any]:
    graphs = [graph for graph in _mapping(data, "graphs").values() if isinstance(graph, dict)]
    return [graph[key] for graph in graphs if isinstance(graph.get(key), dict | list)]


def _calls(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for calls in _in_graphs(data, "calls") for call in calls if isinstance(call, dict)]


def _type(data: dict[str, Any], random: Random) -> None:
    texts = [one for one in _in_graphs(data, "inputs") if isinstance(one, dict) and one]
    modules = [one.get("params") for one in _mapping(data, "modules").values() if isinstance(one, dict)]
    typed = [one for one in modules if isinstance(one, dict) and ("order" in one or "type" in one)]
    if texts or typed:
        where = random.choice([*texts, *typed])
        where[random.choice([*where])] = random.choice(TYPES)


def _id(data: dict[str, Any], random: Random) -> None:
    modules = [one for one in _mapping(data, "modules").values() if isinstance(one, dict)]
    if modules:
        random.choice(modules)["type"] = random.choice(IDS)


def _cast(data: dict[str, Any], random: Random) -> None:
    calls = _calls(data)
    if calls:
        call = random.choice(calls)
        ports = [*call["inputs"]] if isinstance(call.get("inputs"), dict) else []
        call["casts"] = {random.choice([*ports, "x[0]", "x[99999999999]", "values[0]"]): random.choice(CASTS)}


def _circle(data: dict[str, Any], random: Random) -> None:
    """Let a graph contain itself, or another that contains it, or twice as many calls as the one before."""
    graphs, modules = _mapping(data, "graphs"), _mapping(data, "modules")
    if not graphs:
        return
    name = random.choice([*graphs])
    match random.randrange(3):
        case 0:
            modules["loop"] = {"graph": name}
            for calls in _in_graphs(data, "calls")[:1]:
                if isinstance(calls, list):
                    calls.append({"call": "loop"})
        case 1:
            for module in modules.values():
                if isinstance(module, dict) and "graph" in module:
                    module["graph"] = random.choice([*graphs])
        case _:
            for index in range(random.choice([3, 30])):
                modules[f"m{index}"] = {"graph": f"d{index}"}
                inner = [{"call": f"m{index + 1}", "as": f"c{i}", "inputs": {"x": "x"}} for i in (1, 2)]
                graphs[f"d{index}"] = {"inputs": {"x": "B C T"}, "calls": inner, "outputs": {"y": "c1.y", "z": "c2.y"}}
            graphs[f"d{index + 1}"] = {
                "inputs": {"x": "B C T"}, "calls": [{"call": "hf", "inputs": {"x": "x"}}], "outputs": {"y": "hf.y"},
            }  # fmt: skip
            modules |= {f"m{index + 1}": {"graph": f"d{index + 1}"}, "hf": {"type": "zoo.Half"}}


def _reference(data: dict[str, Any], random: Random) -> None:
    """Let an input or an output name something else of its graph, itself included."""
    graphs = [one for one in _mapping(data, "graphs").values() if isinstance(one, dict)]
    if not graphs:
        return
    graph = random.choice(graphs)
    calls = graph.get("calls")
    calls = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    refs = [
        f"{call.get('as', call.get('call'))}.{port}" for call in calls for port in ("y", "total", "encoded", "spec")
    ]
    ends = [
        one for one in [*(call.get("inputs") for call in calls), graph.get("outputs")] if isinstance(one, dict) and one
    ]
    if ends and refs:
        where = random.choice(ends)
        ref = random.choice(refs)
        where[random.choice([*where])] = random.choice([ref, [ref] * 2, {"value": random.choice([1, "$$"])}])


def _path(data: dict[str, Any], random: Random) -> None:
    """Let a parameter that is a path lead to where no file is."""
    entries = [one["params"] for one in _mapping(data, "modules").values() if isinstance(one, dict) and "params" in one]
    found = [(one, key) for one in entries if isinstance(one, dict) for key in ("manifest", "vocabulary") if key in one]
    found += [(_mapping(data, "train"), "work_dir")] if _mapping(data, "train") else []
    if found:
        where, key = random.choice(found)
        where[key] = random.choice(
            ["/dev/zero", "/dev/stdin", "a" * 5000, "a/" * 5000, "\0", "../" * 50, "", "|id", "~"]
        )


def _dollars(data: dict[str, Any], random: Random) -> None:
    params = data.setdefault("params", {})
    if isinstance(params, dict):
        params |= random.choice([{"a": "$b", "b": "$a"}, {"a": "$a"}, {"a": ["x"] * 2000}, {"features": "$features"}])
    for _ in range(random.choice([1, 40])):
        where, key = random.choice(_places(data) or [(data, "nm")])
        where[key] = random.choice(["$a", "$b", "$$a", "$", "$a.b", "$a$b"])


STRUCTURAL: list[Callable[[dict[str, Any], Random], None]] = [
    _any_value, _any_value, _another_of_the_file, _swapped, _gone, _renamed, _wrapped, _repeated, _type, _type, _id,
    _cast, _circle, _reference, _reference, _dollars, _path,
]  # fmt: skip
