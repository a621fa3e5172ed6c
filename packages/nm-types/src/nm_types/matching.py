"""Laying the axes of an output onto those of an input in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nm_types.orders import Order, order_of_axes, sizes_clash
from nm_types.structure import Axis, AxisType, TagVariable

Permutation = tuple[int, ...]
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Matching:
    """How the axes of an output could be laid onto those of an input.

    Attributes:
        permutations: the ways in which every axis fits by its tag alone, the first few; in each, axis i of the input
            takes axis `permutation[i]` of the output, as in `permute`.
        same_tags: whether both sides have the same tags, counted.
        sizes_agree: whether, tags being the same, some way has no clash of sizes.
    """

    permutations: tuple[Permutation, ...]
    same_tags: bool
    sizes_agree: bool

    @property
    def unique(self) -> Permutation | None:
        """The only way, if there is exactly one."""
        return self.permutations[0] if len(self.permutations) == 1 else None

    @property
    def moved(self) -> tuple[int, ...]:
        """The axes that change their place in the first way."""
        return tuple(i for i, j in enumerate(self.permutations[0]) if i != j) if self.permutations else ()


def match_axes(output: Sequence[Axis], input: Sequence[Axis]) -> Matching:
    """All that messages and casts need to know about the order of two sequences of axes of one rank."""
    fits = [[order_of_axes(left, right) for left in output] for right in input]
    equal = [[j for j, order in enumerate(row) if order is Order.EQUAL] for row in fits]
    below = [[j for j, order in enumerate(row) if order in (Order.EQUAL, Order.LESS)] for row in fits]
    consistent = [[j for j in row if not sizes_clash(output[j], input[i])] for i, row in enumerate(equal)]
    same_tags = _covers(equal)
    return Matching(
        permutations=tuple(islice(_ways(below, input), SHOWN)) if _covers(below) else (),
        same_tags=same_tags,
        sizes_agree=same_tags and _covers(consistent),
    )


def _covers(choices: Sequence[Sequence[int]]) -> bool:
    """Whether each input can have an axis of its own (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j in choices[i]:
            if j not in tried:
                tried.add(j)
                if j not in taken or place(taken[j], tried):
                    taken[j] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(choices)))


def _ways(choices: Sequence[Sequence[int]], input: Sequence[Axis]) -> Iterator[Permutation]:
    """All ways, the narrowest tags first: choices are nested or disjoint, so no branch ends in vain."""
    order = sorted(range(len(choices)), key=lambda i: (-_depth(input[i]), i))
    way: dict[int, int] = {}

    def place(at: int) -> Iterator[Permutation]:
        if at == len(order):
            yield tuple(way[i] for i in range(len(choices)))
            return
        used = set(way.values())
        for j in choices[order[at]]:
            if j not in used:
                way[order[at]] = j
                yield from place(at + 1)
                del way[order[at]]

    return place(0)


def _depth(axis: Axis) -> int:
    if not isinstance(axis, AxisType):
        return 0
    if isinstance(axis.tag, TagVariable):
        return len(axis.tag.bound.chain) if axis.tag.bound else 0
    return len(axis.tag.chain)
