"""`Records`: what an inference gives, one record per sample, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nm_types.frames import boundary


class Records(Iterator[dict[str, Any]]):
    """An iterator of per-sample records keyed by output name; nothing is computed before it is asked for."""

    def __init__(self, records: Iterator[dict[str, Any]], names: tuple[str, ...]) -> None:
        self._records = records
        self.names = names

    @boundary
    def __next__(self) -> dict[str, Any]:
        return next(self._records)

    @boundary
    def collect(self) -> dict[str, list[Any]]:
        """Return all that is left, as one list per output."""
        collected: dict[str, list[Any]] = {name: [] for name in self.names}
        for record in self:
            for name, value in record.items():
                collected[name].append(value)
        return collected
