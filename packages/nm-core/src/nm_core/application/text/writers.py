"""Our own canonical writers: YAML for people, JSON for machines, and the digest that identifies an application."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from nm_core.application.text.scalars import ScalarError, plain_scalar
from nm_core.application.text.tree import Data

_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z_$./][A-Za-z0-9_$./@*+-]*(?: [A-Za-z0-9_$./@*+-]+)*")
_OLD_WORDS = frozenset({"y", "n", "yes", "no", "on", "off"})
"""Booleans of YAML 1.1; quoted, so that other readers agree with ours."""


def canonical_json(data: Data) -> str:
    """Return data in the one form that has a digest: sorted keys, no spaces, UTF-8, finite numbers."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(data: Data) -> str:
    """Return the sha256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def to_json(data: Data) -> str:
    """Return data as indented JSON, keys in the order they have."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(data: Data) -> str:
    """Return data as YAML 1.2: what fits stands on one line, everything else is indented."""
    return "".join(f"{line}\n" for line in _block(data, 0, top=True))


def _block(data: Data, indent: int, *, top: bool = False) -> Iterator[str]:
    space = " " * indent
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _entry(f"{space}{_scalar(key, key=True)}:", value, indent, open=top)
    elif isinstance(data, list) and data:
        for item in data:
            yield from _item(f"{space}-", item, indent)
    else:
        yield f"{space}{_flow(data)}"


def _entry(head: str, value: Data, indent: int, *, open: bool) -> Iterator[str]:
    flow = _flow(value)
    nested = isinstance(value, dict | list) and len(value) > 0
    if not nested or (not (open and _deep(value)) and len(head) + len(flow) < _WIDTH):
        yield f"{head} {flow}"
        return
    yield head
    yield from _block(value, indent + 2)


def _item(head: str, item: Data, indent: int) -> Iterator[str]:
    flow = _flow(item)
    if not isinstance(item, dict | list) or not item or len(head) + len(flow) < _WIDTH:
        yield f"{head} {flow}"
        return
    lines = list(_block(item, indent + 2))
    yield f"{head} {lines[0].lstrip(' ')}"
    yield from lines[1:]


def _deep(value: Data) -> bool:
    """Tell whether a section of the file holds collections; those stand on lines of their own."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(item, dict | list) and item for item in items)


def _flow(data: Data) -> str:
    if isinstance(data, dict):
        return "{" + ", ".join(f"{_scalar(key, key=True)}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(_flow, data)) + "]"
    return _scalar(data)


def _scalar(value: bool | int | float | str | None, *, key: bool = False) -> str:
    if isinstance(value, str):
        return value if _reads_back(value, key) else _quote(value)
    if isinstance(value, float):
        text = json.dumps(value, allow_nan=False)
        # readers of YAML 1.1 take 1e-05, without a point, for text
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return json.dumps(value)


def _reads_back(text: str, key: bool) -> bool:
    """Tell whether a text stands for itself without quotes."""
    if not _PLAIN.fullmatch(text) or text.lower() in _OLD_WORDS or len(text) > _WIDTH:
        return False
    try:
        return plain_scalar(text) == text
    except ScalarError:
        return False


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_escape, quoted))


def _escape(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
