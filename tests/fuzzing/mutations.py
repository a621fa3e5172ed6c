"""Random damage to bytes, lines of JSON and plain data; each is a pure function of the random generator."""

import copy
import json
from random import Random
from typing import Any

TOKENS = (
    *("", " ", "\t", "\n", "\r\n", "\x00", "\ufeff", "\u2028", "é", "e\u0301", "हिन्दी", "\u200d", "😀", "a" * 5000),
    *(
        "null",
        "true",
        "NaN",
        "Infinity",
        "-1",
        "0",
        "1e999",
        "1e-320",
        "9" * 40,
        "{}",
        "[]",
        '"',
        "\\",
        "\\ud800",
        "$x",
        "$$",
    ),
    *("../../x", "/", "~", "a:b", "%s", "{0}", "-", "--", "=", "*", "x" * 300),
)
"""Words that break readers of text."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 10**20, -(10**20), 0.0, -0.0, 0.5, 1e308, 1e-320, float("nan"), float("inf")),
    *("", "a", "text", "1", "nan", "auto", "$x", "\ud800", [], [0], [None], [[1], [2, 3]], {}, {"a": 1}, {"": None}),
)
"""Values that are of the wrong type, out of range or odd."""


def choose_value(random: Random) -> Any:
    """Choose an odd value; a new one each time, since lists and objects are changed later."""
    return copy.deepcopy(random.choice(VALUES))


def mutate_bytes(random: Random, content: bytes, *, head: int | None = None) -> bytes:
    """Damage bytes in one to four places.

    Args:
        head: damage the first bytes only, as many as this, where the header of a format is.
    """
    data = bytearray(content)
    for _ in range(random.randint(1, 4)):
        end = min(head or len(data), len(data))
        place = random.randrange(end) if end else 0
        match random.randrange(8):
            case 0:
                data[place : place + 1] = bytes([random.randrange(256)])
            case 1:
                data[place : place + 1] = bytes([data[place] ^ (1 << random.randrange(8))]) if data else b""
            case 2:
                del data[place:]
            case 3:
                del data[place : place + random.choice((1, 2, 4, 7, 64))]
            case 4:
                data[place:place] = random.randbytes(random.choice((1, 2, 4, 100)))
            case 5:
                data[place : place + 4] = random.choice(
                    (b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")
                )
            case 6:
                start = random.randrange(len(data)) if data else 0
                data[place:place] = data[start : start + random.choice((4, 32, 500))]
            case _:
                data[place:place] = random.choice(TOKENS).encode("utf-8", "surrogatepass")
    return bytes(data)


def mutate_data(random: Random, data: Any) -> Any:
    """Replace, remove, double or rename something somewhere in plain data."""
    data = copy.deepcopy(data)
    for _ in range(random.randint(1, 3)):
        container, key = _choose_place(random, data)
        if container is None:
            return choose_value(random)
        match random.randrange(6):
            case 0 | 1:
                container[key] = choose_value(random)
            case 2:
                del container[key]
            case 3:
                container[key] = [container[key], copy.deepcopy(container[key])]
            case 4 if isinstance(container, dict):
                container[random.choice(TOKENS)] = container.pop(key)
            case _:
                container[key] = _nudge(random, container[key])
    return data


def mutate_lines(random: Random, lines: list[dict[str, Any]]) -> bytes:
    """Write objects as lines of JSON, with damage to objects, lines or bytes."""
    objects = [mutate_data(random, line) if random.random() < 0.3 else line for line in lines]
    text = [json.dumps(line, ensure_ascii=random.random() < 0.5) for line in objects]
    if random.random() < 0.3:
        text.insert(random.randint(0, len(text)), random.choice(TOKENS))
    if random.random() < 0.1:
        random.shuffle(text)
    content = random.choice(("\n", "\n", "\r\n", "\r", "\n\n")).join(text).encode("utf-8", "surrogatepass")
    content = random.choice((b"", b"", b"\xef\xbb\xbf")) + content
    return mutate_bytes(random, content) if random.random() < 0.3 else content


def _choose_place(random: Random, data: Any) -> tuple[Any, Any]:
    places = [(container, key) for container in _containers(data) for key in _keys(container)]
    return random.choice(places) if places else (None, None)


def _containers(data: Any) -> list[Any]:
    if not isinstance(data, dict | list):
        return []
    return [data, *(inner for key in _keys(data) for inner in _containers(data[key]))]


def _keys(container: Any) -> list[Any]:
    return list(container) if isinstance(container, dict) else list(range(len(container)))


def _nudge(random: Random, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return random.choice((-value, value + 1, value * 1000, value / 3, str(value), 0))
    if isinstance(value, str):
        place = random.randint(0, len(value))
        return value[:place] + random.choice(TOKENS) + value[place + random.randint(0, 2) :]
    return choose_value(random)
