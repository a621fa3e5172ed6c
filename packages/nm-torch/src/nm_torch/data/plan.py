"""The micro-batches of an epoch, as arrays."""

from collections.abc import Sequence
from typing import Any, overload

import numpy
from numpy.typing import NDArray

MicroBatch = tuple[int, ...]
"""The numbers of the samples of one micro-batch."""

Numbers = NDArray[numpy.int64]


class EpochPlan(Sequence[MicroBatch]):
    """The micro-batches of an epoch: cuts through an order of samples, made to tuples when they are asked for.

    Ten million samples take 40 MB; as tuples of Python's integers they would take ten times that.

    Args:
        order: the numbers of all samples.
        starts: where each micro-batch begins in the order.
        stops: where it ends.

    Example:
        >>> plan = EpochPlan(numpy.array([3, 0, 2, 1]), numpy.array([0, 2]), numpy.array([2, 4]))
        >>> plan[1], len(plan), plan.samples
        ((2, 1), 2, 4)
    """

    def __init__(self, order: NDArray[Any], starts: NDArray[Any], stops: NDArray[Any]) -> None:
        self._order = order.astype(numpy.int32) if len(order) < 2**31 else order
        self._starts = starts
        self._stops = stops

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> MicroBatch: ...
    @overload
    def __getitem__(self, index: slice) -> list[MicroBatch]: ...
    def __getitem__(self, index: int | slice) -> MicroBatch | list[MicroBatch]:
        if not isinstance(index, slice):
            return tuple(self._order[self._starts[index] : self._stops[index]].tolist())
        batches = []
        for start, stop in zip(self._starts[index].tolist(), self._stops[index].tolist(), strict=True):
            batches.append(tuple(self._order[start:stop].tolist()))  # a comprehension is a call, and steps are many
        return batches

    def __eq__(self, expected: object) -> bool:
        if not isinstance(expected, Sequence) or isinstance(expected, str | bytes):
            return NotImplemented
        return len(self) == len(expected) and all(batch == other for batch, other in zip(self, expected, strict=True))

    __hash__ = None  # type: ignore[assignment] # it equals a list, which has no hash

    def __repr__(self) -> str:
        return repr(list(self)) if len(self) <= 20 else f"<{len(self)} micro-batches of {self.samples} samples>"

    @property
    def samples(self) -> int:
        """The number of samples in all micro-batches."""
        return int((self._stops - self._starts).sum())

    def reorder(self, order: Numbers) -> "EpochPlan":
        """Return the same micro-batches in another order, or some of them."""
        part = EpochPlan.__new__(EpochPlan)
        part._order, part._starts, part._stops = self._order, self._starts[order], self._stops[order]
        return part
