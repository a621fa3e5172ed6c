"""How much of a value is real: what lengths and masks say, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nm_core.probing.nested_lists import cut, shape, taken
from nm_core.probing.size_choice import complete
from nm_core.probing.slots import Slot
from nm_types import BatchTag, Lengths, Mask, NeuralType, Size
from nm_types.notation import TagVariable

Measured = Mapping[Size, Any]
"""How much of an axis is real, by its size: a list with a number for each sample, or one number for all."""


@dataclass(frozen=True)
class Extent:
    """Which part of each sample's values is real.

    Attributes:
        sizes: the size of each name.
        given: what lengths and masks among the inputs say.
        found: what lengths among the outputs say.
    """

    sizes: Mapping[str, int]
    given: Measured
    found: Measured

    def limits(self, slot: Slot, rows: Any, sample: int | None) -> list[int]:
        """Return how many entries of each axis are real: of one sample without its batch axis, or of all."""
        if slot.type.form != "tensor":
            return []
        axis = None if sample is None else batch_axis(slot)
        return [
            min(length, self._real(size, length, sample))
            for place, (size, length) in enumerate(zip(slot.sizes(), shape(rows), strict=False))
            if place != axis
        ]

    def _real(self, size: Size, length: int, sample: int | None) -> int:
        told = {**self.found, **self.given}.get(size)
        if told is not None:
            return _at(told, sample, length)
        known = complete(self.sizes)
        real = {
            str(one.symbol): _at(told, sample, known[str(one.symbol)])
            for one, told in self.given.items()
            if one.symbol is not None
        }
        names = {str(name) for name in size.symbols()}
        return max(0, size.evaluate({**known, **real})) if names & real.keys() and names <= known.keys() else length

    def part(self, slot: Slot, rows: Any, sample: int | None, *, like: Any = None, at: int | None = None) -> Any:
        """Return what is real of a sample, or of a value that has no batch axis.

        Args:
            like: the value whose size says what is real at most, where it is another one.
            at: where the sample stands, where that is another place.
        """
        limits = self.limits(slot, rows if like is None else like, sample)
        axis = batch_axis(slot)
        if sample is None or axis is None or rows is None:
            return cut(rows, limits)
        return cut(taken(rows, axis, sample if at is None else at), limits)


def _at(told: Any, sample: int | None, otherwise: int) -> int:
    """Return the length of a sample; one number holds for all of them."""
    if isinstance(told, list):
        return otherwise if sample is None else int(told[sample])
    return int(told)


def batch_axis(slot: Slot) -> int | None:
    """Return the place of a value's one batch axis; a list has one item for each sample."""
    if slot.type.is_root or slot.type.form != "tensor":
        return 0 if slot.type.is_list else None
    places = [
        place
        for place, one in enumerate(slot.axes())
        if not isinstance(one.tag, TagVariable) and one.tag.is_a(BatchTag)
    ]
    return places[0] if len(places) == 1 else None


def samples(slot: Slot, rows: Any) -> Sequence[int | None]:
    """Return the numbers of a value's samples; None alone stands for a value that has none."""
    axis = batch_axis(slot)
    if axis is None or rows is None:
        return [None]
    return range(len(rows) if slot.type.is_list else shape(rows)[axis])


def is_lengths(promised: NeuralType) -> bool:
    """Tell whether a value counts what is real of an axis."""
    kind = promised.kind
    return kind is not None and type(kind).is_a(Lengths) and kind.size(0) is not None


def is_mask(promised: NeuralType) -> bool:
    """Tell whether a value marks what is real."""
    return promised.kind is not None and type(promised.kind).is_a(Mask)


def measures(promised: NeuralType) -> bool:
    """Tell whether a value says how much of an axis is real: lengths, or a mask of one axis per sample."""
    return promised.form == "tensor" and (is_lengths(promised) or (is_mask(promised) and len(promised.axes) == 2))


def measured(slots: Sequence[Slot], values: Mapping[str, Any]) -> Measured:
    """Return what lengths and masks among plain values say, by the size of the axis that they measure."""
    found: dict[Size, Any] = {}
    for slot in slots:
        rows, size = values.get(slot.name), slot.kind_size()
        if rows is None or not measures(slot.type):
            continue
        if size is not None:
            found[size] = rows
        elif batch_axis(slot) == 0:
            found.setdefault(slot.sizes()[1], [sum(row) for row in rows])
    return found
