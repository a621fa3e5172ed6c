"""How large a file may be; counted while it is read, so that a hostile one costs bounded time and memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is read.

    Attributes:
        bytes: size of the file.
        depth: how deeply lists and mappings may nest.
        values: how many values the file may hold, `$name` references replaced by what they stand for.
    """

    bytes: int = 8 * 2**20
    depth: int = 48
    values: int = 400_000


DEFAULT_LIMITS = Limits()
