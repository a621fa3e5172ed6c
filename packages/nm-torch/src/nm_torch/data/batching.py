"""Cutting an epoch into micro-batches, planned from (seed, epoch, sizes) and from nothing else.

Ranks, workers and the place in a run have no part in the plan, so every process makes the same one and takes its share.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy
from numpy.typing import NDArray

from nm_torch.data.errors import BatchingError, OversizedSampleError
from nm_torch.data.order import Stream, permutation, uniform
from nm_torch.data.plan import EpochPlan

Sizes = Sequence[float] | NDArray[numpy.float64]
"""The size of each sample."""

_AT_ONCE = 1 << 16
"""Sizes that are made to numbers of Python at once."""

JITTER = 0.1
"""How far a size may be stretched before sorting when buckets are shuffled: neighbours change from epoch to epoch, and
a batch stays within about a tenth of one length."""


def check_limits(size_limit: str, params: Mapping[str, Any]) -> None:
    """Check that the parameters of a data layer limit its batches, and do not contradict each other.

    Args:
        size_limit: the name of the parameter that limits the size of a padded batch.

    Raises:
        BatchingError: there is no limit, or `drop_last` has no number of samples to go by.
    """
    if params["batch_size"] is None and params[size_limit] is None:
        raise BatchingError(
            f"a batch needs a limit, and neither batch_size nor {size_limit} is given.\n"
            "  Give one of them, for example batch_size=32."
        )
    if params.get("drop_last") and params["batch_size"] is None:
        raise BatchingError(
            f"drop_last needs batch_size: batches by {size_limit} have no full number of samples.\n"
            "  Leave drop_last out, or give batch_size."
        )


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How samples become micro-batches.

    Example:
        >>> Batching(batch_size=2).plan(5, seed=0, epoch=0)
        [(0, 1), (2, 3), (4,)]
        >>> Batching(batch_tokens=12, bucketing=True).plan(4, seed=0, epoch=0, sizes=[3, 10, 4, 5])
        [(0, 2), (3,), (1,)]

    Args:
        batch_size: most samples of a micro-batch.
        batch_tokens: most size of a padded micro-batch, the number of its samples times the largest size among them, in
            the unit of ``DataLayer.size_of`` (tokens, seconds ...). With both limits, the first one reached closes it.
        shuffle: another order in each epoch.
        bucketing: put samples of like size together; the micro-batches themselves are in random order when shuffled.
        drop_last: where the last micro-batch holds fewer than ``batch_size`` samples, leave out as many: the last of
            the order of the epoch, which are others in each epoch when shuffled, and with bucketing of any size.
    """

    batch_size: int | None = None
    batch_tokens: float | None = None
    shuffle: bool = False
    bucketing: bool = False
    drop_last: bool = False

    def __post_init__(self) -> None:
        check_limits("batch_tokens", vars(self) | {"drop_last": False})
        for name, kind, what in (("batch_size", Integral, "whole number"), ("batch_tokens", Real, "number")):
            value = getattr(self, name)
            # a bool is an int, and limits nothing
            if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                raise BatchingError(f"{name} is a {what}, and {value!r} was given.\n  For example {name}=32.")
            if value is not None and not float(value) > 0:
                raise BatchingError(f"{name} must be greater than 0, and {value!r} was given.")
        check_limits("batch_tokens", vars(self))

    @property
    def needs_sizes(self) -> bool:
        """Whether a plan depends on the sizes of the samples."""
        return self.bucketing or self.batch_tokens is not None

    @property
    def limits(self) -> str:
        """The limits of a micro-batch, as text."""
        limits = {"batch_size": self.batch_size, "batch_tokens": self.batch_tokens}
        return ", ".join(f"{name}={value:g}" for name, value in limits.items() if value is not None)

    def plan(self, count: int, seed: int, epoch: int, sizes: Sizes | None = None) -> EpochPlan:
        """Return the micro-batches of an epoch, a sequence of tuples of sample numbers.

        Args:
            count: how many samples there are.
            sizes: size of each sample; needed with ``bucketing`` and ``batch_tokens``.
        """
        if self.needs_sizes and sizes is None:
            raise BatchingError(
                "bucketing and batch_tokens need the size of each sample, and none are known.\n"
                "  Implement size_of(index) in the data layer."
            )
        lengths = None if sizes is None else numpy.asarray(sizes, dtype=numpy.float64)
        order = permutation(count, seed, epoch) if self.shuffle else numpy.arange(count)
        batches = self._cut(self._sort(order, seed, epoch, lengths), lengths)
        missing = self.drop_last and batches and len(batches[-1]) < (self.batch_size or 0)
        if missing and self.bucketing:
            # The last of the epoch's order and not of the sizes: those would be the longest samples in every epoch.
            order = order[: count - len(batches[-1])]
            batches = self._cut(self._sort(order, seed, epoch, lengths), lengths)
        elif missing:
            batches = batches.reorder(numpy.arange(len(batches) - 1))
        if self.bucketing and self.shuffle:
            # Sorted samples make the batches; left in that order, an epoch would go from short to long.
            batches = batches.reorder(permutation(len(batches), seed, epoch, Stream.BATCHES))
        return batches

    def _sort(
        self, order: NDArray[numpy.int64], seed: int, epoch: int, sizes: NDArray[numpy.float64] | None
    ) -> NDArray[numpy.int64]:
        """Put samples of like size together where bucketing asks for it."""
        if not self.bucketing or sizes is None:
            return order
        keys = sizes
        if self.shuffle:
            keys = sizes * (1.0 + JITTER * uniform(len(sizes), seed, epoch, Stream.JITTER))
        # Stable, and over the keys in shuffled order: samples of equal size stay shuffled among themselves.
        return order[numpy.argsort(keys[order], kind="stable")]

    def _cut(self, order: NDArray[numpy.int64], sizes: NDArray[numpy.float64] | None) -> EpochPlan:
        if self.batch_tokens is None or sizes is None:
            starts = numpy.arange(0, len(order), self.batch_size or 1)
        else:
            starts = self._find_starts(order, sizes, self.batch_tokens)
        return EpochPlan(order, starts, numpy.append(starts[1:], len(order)) if len(starts) else starts)

    def _find_starts(
        self, order: NDArray[numpy.int64], sizes: NDArray[numpy.float64], budget: float
    ) -> NDArray[numpy.int64]:
        most = self.batch_size or len(order)
        starts = array("q", [0] if len(order) else [])
        count, longest = 0, 0.0
        # Each batch begins where the one before is full, which no array can say; piece by piece, numbers of Python
        # take no memory to speak of.
        for first in range(0, len(order), _AT_ONCE):
            for position, size in enumerate(sizes[order[first : first + _AT_ONCE]].tolist(), start=first):
                if size > longest:
                    longest = size
                count += 1
                if count > 1 and (count > most or count * longest > budget):
                    starts.append(position)
                    count, longest = 1, size
                if size > budget:
                    raise OversizedSampleError(
                        f"sample {order[position]} has size {size:g}, more than batch_tokens={budget:g} of a batch.\n"
                        "  Raise batch_tokens, or leave samples of that size out.",
                        index=int(order[position]),
                        size=size,
                        limit=budget,
                    )
        return numpy.frombuffer(starts, dtype=numpy.int64) if starts else numpy.empty(0, numpy.int64)
