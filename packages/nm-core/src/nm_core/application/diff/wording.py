"""Differences between applications in words."""

from __future__ import annotations

import json

from nm_core.application.diff.differences import What, common_prefix, kind_of
from nm_core.application.text.problems import Path, spell
from nm_core.application.text.tree import Data

_LONG = 70


def words_of(path: Path, what: What, old: Data, new: Data) -> str:
    """Return a change as a sentence without its full stop."""
    was, now = _excerpts(old, new)
    value, data = (now, new) if what == "added" else (was, old)
    match path:
        case ("modules", str(name)) if what == "changed" and isinstance(old, dict) and isinstance(new, dict):
            return f"the module {name} is {kind_of(new)}, was {kind_of(old)}"
        case ("modules", str(name)):
            kind = kind_of(data) if isinstance(data, dict) else ""
            return f"the module {name} is {'new:' if what == 'added' else 'gone: it was'} {kind}"
        case ("graphs", str(name)):
            return f"the graph {name} is {'new' if what == 'added' else 'gone'}"
        case ("modules", str(name), "params", *rest):
            thing = spell((name, *rest))
        case ("graphs", str(graph), "calls", str(label)):
            return f"{graph}: {label} is {'called now' if what == 'added' else 'called no more'}"
        case ("graphs", str(graph), "calls", str(label), "call"):
            return f"{graph}: {label} is a call of {new}, was one of {old}"
        case ("graphs", str(graph), "calls", str(label), "inputs", str(port), *_):
            ending = "was open" if what == "added" else f"was {was}"
            return f"{graph}: {label}.{port} is {'open' if what == 'removed' else f'given {now}'}, {ending}"
        case ("graphs", str(graph), "calls", str(label), "casts", str(port), *_):
            thing = f"{graph}: the cast of {label}.{port}"
        case ("graphs", str(graph), "inputs", str(port)):
            thing = f"{graph}: the input {port}"
        case ("graphs", str(graph), "outputs", str(port)):
            thing = f"{graph}: the output {port}"
        case ("graphs", str(graph), *rest):
            thing = f"{graph}: {spell(tuple(rest))}"
        case ("tie",):
            weights = " and ".join(map(str, data)) if isinstance(data, list) else ""
            return f"{weights} are one weight {'now' if what == 'added' else 'no more'}"
        case ("freeze",):
            return f"{data} {'is frozen now' if what == 'added' else 'learns again: it was frozen'}"
        case (*_, "callbacks" | "metrics") if isinstance(new, list):
            return f"{spell(path)} stand in another order: {now}, was {was}"
        case _:
            thing = spell(tuple(part for part in path if part != "params"))
    if what == "changed":
        return f"{thing} is {now}, was {was}"
    return f"{thing} is new: {value}" if what == "added" else f"{thing} is gone: it was {value}"


def _excerpts(old: Data, new: Data) -> tuple[str, str]:
    """Return two values as text; of long ones the part around the place where they differ."""
    was, now = (_text(value) for value in (old, new))
    start = common_prefix(was, now) - _LONG // 2 if max(len(was), len(now)) > _LONG else 0
    return _part(was, max(0, start)), _part(now, max(0, start))


def _text(value: Data) -> str:
    if value is None or value == {}:
        return "none"
    # a text that ends like a sentence is quoted, since the sentence goes on
    plain = isinstance(value, str) and value.isprintable() and value == value.strip() and not {",", "."} & {*value[-1:]}
    return str(value) if plain and value else json.dumps(value, ensure_ascii=False)


def _part(text: str, start: int) -> str:
    part = text[start : start + _LONG]
    return f"{'...' if start else ''}{part}{'...' if start + _LONG < len(text) else ''}"
