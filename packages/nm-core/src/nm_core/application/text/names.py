"""Names in messages, in bounded time and space whatever a file holds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from nm_core.errors import did_you_mean

# difflib compares in quadratic time, and a hostile file may hold very many names
_COMPARED = 300
_LISTED = 20
_LONG = 80


def suggest(name: str, names: Iterable[str]) -> str:
    """Say which of `names` was perhaps meant, as a sentence with a leading space, or nothing."""
    if len(name) > _LONG:
        return ""
    return did_you_mean(name, (each for each in islice(names, _COMPARED) if len(each) <= _LONG))


def listed(names: Iterable[str], none: str = "none") -> str:
    """Return names joined by commas, the first of very many."""
    shown = [shortened(name) for name in islice(names, _LISTED + 1)]
    return ", ".join([*shown[:_LISTED], "..."] if len(shown) > _LISTED else shown) or none


def shortened(name: str) -> str:
    """Return a name, cut where it is too long to be read."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 3]}..."
