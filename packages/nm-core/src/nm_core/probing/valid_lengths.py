"""The valid part of a value: what lengths and masks say, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nm_core.probing.nested_lists import cut, shape, take
from nm_core.probing.size_choice import complete
from nm_core.probing.slots import Slot
from nm_types import BatchTag, Lengths, Mask, NeuralType, Size
from nm_types.notation import TagVariable

LengthsBySize = Mapping[Size, Any]
"""How much of an axis is real, by its size: a list with a number for each sample, or one number for all."""


@dataclass(frozen=True)
class Extent:
    """The part of each sample's values that is real.

    Attributes:
        sizes: the size of each name.
        input_lengths: the lengths that inputs state, as lengths or masks.
        output_lengths: the lengths that outputs state.
    """

    sizes: Mapping[str, int]
    input_lengths: LengthsBySize
    output_lengths: LengthsBySize

    def limits(self, slot: Slot, rows: Any, sample: int | None) -> list[int]:
        """Return how many entries of each axis are real: of one sample without its batch axis, or of all."""
        if slot.type.form != "tensor":
            return []
        axis = None if sample is None else batch_axis(slot)
        return [
            min(length, self._real_length(size, length, sample))
            for index, (size, length) in enumerate(zip(slot.sizes(), shape(rows), strict=False))
            if index != axis
        ]

    def _real_length(self, size: Size, length: int, sample: int | None) -> int:
        stated = {**self.output_lengths, **self.input_lengths}.get(size)
        if stated is not None:
            return _length_at(stated, sample, length)
        totals = complete(self.sizes)
        real = {
            str(axis.symbol): _length_at(lengths, sample, totals[str(axis.symbol)])
            for axis, lengths in self.input_lengths.items()
            if axis.symbol is not None
        }
        names = {str(name) for name in size.symbols()}
        return max(0, size.evaluate({**totals, **real})) if names & real.keys() and names <= totals.keys() else length

    def part(self, slot: Slot, rows: Any, sample: int | None, *, like: Any = None, at: int | None = None) -> Any:
        """Return the real entries of a sample, or of a value that has no batch axis.

        Args:
            like: the value whose size limits what is real, where it is not `rows`.
            at: the index of the sample in `rows`, where that is not `sample`.
        """
        limits = self.limits(slot, rows if like is None else like, sample)
        axis = batch_axis(slot)
        if sample is None or axis is None or rows is None:
            return cut(rows, limits)
        return cut(take(rows, axis, sample if at is None else at), limits)


def _length_at(lengths: Any, sample: int | None, default: int) -> int:
    """Return the length of a sample; one number holds for all of them."""
    if isinstance(lengths, list):
        return default if sample is None else int(lengths[sample])
    return int(lengths)


def batch_axis(slot: Slot) -> int | None:
    """Return the index of a value's one batch axis; a list has one item for each sample."""
    if slot.type.is_root or slot.type.form != "tensor":
        return 0 if slot.type.is_list else None
    axes = [
        index
        for index, axis in enumerate(slot.axes())
        if not isinstance(axis.tag, TagVariable) and axis.tag.is_a(BatchTag)
    ]
    return axes[0] if len(axes) == 1 else None


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


def read_lengths(slots: Sequence[Slot], values: Mapping[str, Any]) -> LengthsBySize:
    """Return the real lengths that lengths and masks among plain values state, by the size of the axis they measure."""
    lengths: dict[Size, Any] = {}
    for slot in slots:
        rows, size = values.get(slot.name), slot.kind_size()
        if rows is None or not measures(slot.type):
            continue
        if size is not None:
            lengths[size] = rows
        elif batch_axis(slot) == 0:
            # a mask has a row of truth values per sample: their sum is its length
            lengths.setdefault(slot.sizes()[1], [sum(row) for row in rows])
    return lengths
