"""Matching of axes in another order."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import islice

from nm_types.notation import Axis, AxisType, TagVariable
from nm_types.relations.orders import EQUAL, LESS, order_of_axes, sizes_clash

Permutation = tuple[int, ...]
SHOWN = 6


def is_reordered(output: Sequence[Axis], input: Sequence[Axis]) -> bool:
    """Return whether both sides have the same tags, with multiplicity, in some order without clashing sizes."""
    outputs_by_tag, inputs_by_tag = _by_tag(output), _by_tag(input)
    if outputs_by_tag.keys() != inputs_by_tag.keys():
        return False
    return all(_agree(outputs_by_tag[tag], inputs_by_tag[tag]) for tag in outputs_by_tag)


def orders_that_fit(output: Sequence[Axis], input: Sequence[Axis]) -> tuple[Permutation, ...]:
    """Return the first few orders in which all axes of an output fit by tag.

    In each, axis i of the input takes axis `permutation[i]` of the output, as in `permute`.
    """
    if len(output) != len(input):
        return ()
    places = range(len(input))
    fits = [[j for j in places if order_of_axes(output[j], right) in (EQUAL, LESS)] for right in input]
    return tuple(islice(orders_of_choices(fits), SHOWN))


def unique_order(output: Sequence[Axis], input: Sequence[Axis]) -> Permutation | None:
    """Return the only order that tags allow, or None; repeated tags allow several."""
    orders = orders_that_fit(output, input)
    return orders[0] if len(orders) == 1 else None


def _by_tag(axes: Sequence[Axis]) -> dict[Hashable, list[Axis]]:
    groups: dict[Hashable, list[Axis]] = {}
    for axis in axes:
        if isinstance(axis, AxisType):
            key: Hashable = axis.tag if isinstance(axis.tag, TagVariable) else axis.tag.chain
        else:
            key = axis
        groups.setdefault(key, []).append(axis)
    return groups


def _agree(output: Sequence[Axis], input: Sequence[Axis]) -> bool:
    """Return whether axes of one tag can be paired without clashing sizes."""
    if len(output) != len(input):
        return False
    if len(output) == 1:
        return not sizes_clash(output[0], input[0])
    return _covers([[j for j, candidate in enumerate(output) if not sizes_clash(candidate, axis)] for axis in input])


def _covers(choices: Sequence[Sequence[int]]) -> bool:
    """Return whether a perfect matching exists (augmenting paths)."""
    owner: dict[int, int] = {}

    def assign(i: int, tried: set[int]) -> bool:
        for j in choices[i]:
            if j not in tried:
                tried.add(j)
                if j not in owner or assign(owner[j], tried):
                    owner[j] = i
                    return True
        return False

    return all(assign(i, set()) for i in range(len(choices)))


def orders_of_choices(choices: Sequence[Sequence[int]]) -> Iterator[Permutation]:
    """Yield each way to give every axis one of its choices, none twice, narrowest tags first.

    Choices by tags are nested or disjoint, so that no branch fails.
    """
    if not _covers(choices):
        return
    # narrow choices first: with nested or disjoint choices no branch is explored in vain
    sequence = sorted(range(len(choices)), key=lambda i: (len(choices[i]), i))
    chosen: dict[int, int] = {}

    def assign(at: int) -> Iterator[Permutation]:
        if at == len(sequence):
            yield tuple(chosen[i] for i in range(len(choices)))
            return
        used = set(chosen.values())
        for j in choices[sequence[at]]:
            if j not in used:
                chosen[sequence[at]] = j
                yield from assign(at + 1)
                del chosen[sequence[at]]

    yield from assign(0)
