"""The choice of sizes: a prime of its own for each name, so that no axis passes for another by accident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from nm_core.probing.slots import BATCH, Slot, divisors
from nm_types import BatchTag, HeightTag, Size, TimeTag, WidthTag
from nm_types.notation import TagVariable
from nm_types.sizes import Sum

LONG_TAGS = (TimeTag, HeightTag, WidthTag)
SHORT_FROM = (5, 17, 41, 61)
LONG_FROM = (29, 127, 509, 2039)
"""Where the primes begin, from one attempt to the next. Signals and images are longer than texts, as in real data."""
MOST_PRIMES = 60
"""Primes that are tried for one name."""


@dataclass(frozen=True, slots=True)
class SizeNeeds:
    """The demands that the slots of one use make on sizes.

    Attributes:
        names: the names that inputs mention, the batch first and the long axes last.
        inputs: the sizes of the inputs, which must be at least 1.
        outputs: the sizes of the outputs that the names decide.
        long: the names of long axes.
        divisors: for each name the largest number that divides it somewhere.
    """

    names: tuple[str, ...]
    inputs: frozenset[Size]
    outputs: frozenset[Size]
    long: frozenset[str]
    divisors: Mapping[str, int]

    @classmethod
    def from_slots(cls, inputs: Sequence[Slot], outputs: Sequence[Slot]) -> SizeNeeds:
        """Collect the demands of slots."""
        required = frozenset(_sizes(inputs))
        names = {str(name) for size in required for name in size.symbols() if not isinstance(name, Sum)}
        defined = names | {f"sum({name})" for name in sums(names)}
        promised = frozenset(s for s in _sizes(outputs) if {str(name) for name in s.symbols()} <= defined)
        long = frozenset(_long(inputs))
        largest: dict[str, int] = {}
        for size in required | promised:
            for name, divisor in divisors(size):
                largest[name] = max(largest.get(name, 1), divisor)
        # the batch gets the smallest prime; long axes are chosen around all others
        order = sorted(names, key=lambda name: (name != BATCH, name in long, name))
        return cls(tuple(order), required, promised, long, largest)


def sums(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the elements of each indexed name: `n[0]` and `n[1]` of `n_i`."""
    elements: dict[str, list[str]] = {}
    for name in names:
        base, bracket, _ = name.partition("[")
        if bracket and base.isidentifier():
            elements.setdefault(f"{base}_i", []).append(name)
    return elements


def complete(sizes: Mapping[str, int]) -> dict[str, int]:
    """Return sizes with the sums of indexed names."""
    totals = {f"sum({name})": sum(sizes[part] for part in parts) for name, parts in sums(sizes).items()}
    return {**sizes, **totals}


def choose(
    needs: SizeNeeds, fixed: Mapping[str, int], attempt: int, avoid: Iterable[int] = ()
) -> dict[str, int] | None:
    """Return a size for each name, or None where no primes make every size at least 1.

    Primes are distinct; so are the sizes that different expressions come to, where that is possible.

    Args:
        needs: the names and expressions that get a size.
        fixed: sizes that are known already.
        attempt: 0 for the smallest sizes, 1, 2, 3 for larger ones.
        avoid: numbers with a meaning of their own, such as constructor parameters.
    """
    constants = {size.value for size in needs.inputs | needs.outputs if size.value is not None}
    used = {*avoid, *constants, *fixed.values()}
    chosen = {name: fixed[name] for name in needs.names if name in fixed}
    for name in needs.names:
        if name not in chosen:
            prime = _first_prime(needs, chosen, name, _primes(_least(needs, name, attempt)), used)
            if prime is None:
                return None
            chosen[name] = prime
            used.add(prime)
    ordered = {name: chosen[name] for name in needs.names}
    return ordered if _are_positive(needs, ordered) else None


def _first_prime(
    needs: SizeNeeds, chosen: Mapping[str, int], name: str, primes: Iterator[int], used: set[int]
) -> int | None:
    """Return the first prime that keeps all sizes apart; where none does, the first that keeps them at least 1."""
    possible: int | None = None
    for prime in islice(primes, MOST_PRIMES):
        values = _values(needs, {**chosen, name: prime})
        if prime not in used and min(values, default=1) >= 1:
            possible = possible or prime
            if len(set(values)) == len(values):
                return prime
    return possible


def _are_positive(needs: SizeNeeds, sizes: Mapping[str, int]) -> bool:
    return min(_values(needs, sizes), default=1) >= 1


def _values(needs: SizeNeeds, sizes: Mapping[str, int]) -> list[int]:
    """Return the values of all expressions whose names have a size."""
    totals = complete(sizes)
    expressions = needs.inputs | needs.outputs
    return [size.evaluate(totals) for size in expressions if {str(name) for name in size.symbols()} <= totals.keys()]


def _least(needs: SizeNeeds, name: str, attempt: int) -> int:
    # few samples keep runs short, and three tell a wrong order that two would hide
    if name == BATCH:
        return 3
    least = (LONG_FROM if name in needs.long else SHORT_FROM)[attempt]
    return max(least, (attempt + 2) * needs.divisors.get(name, 1) + 1)


def _sizes(slots: Sequence[Slot]) -> Iterator[Size]:
    for slot in slots:
        yield from slot.sizes()
        size = slot.kind_size()
        if size is not None:
            yield size


def _long(slots: Sequence[Slot]) -> Iterator[str]:
    """Yield the names on axes of time and space."""
    for slot in slots:
        for axis, size in zip(slot.axes(), slot.sizes(), strict=True):
            tag = axis.tag.bound if isinstance(axis.tag, TagVariable) else axis.tag
            if tag is not None and not tag.is_a(BatchTag) and any(tag.is_a(long) for long in LONG_TAGS):
                yield from map(str, size.symbols())


def _primes(least: int) -> Iterator[int]:
    number = max(2, least)
    while True:
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1)):
            yield number
        number += 1


def around_multiples(needs: SizeNeeds, sizes: Mapping[str, int], fixed: Mapping[str, int]) -> list[dict[str, int]]:
    """Return sizes that differ in one name that is divided somewhere: a multiple of the divisor, and its neighbours.

    A prime alone cannot tell `(t+3)//4` from `t//4+1`: they differ at multiples of 4.
    """
    choices = []
    for name, divisor in needs.divisors.items():
        if name in sizes and name not in fixed:
            multiple = -(-sizes[name] // divisor) * divisor
            steps = range(divisor) if divisor <= 4 else (0, 1, divisor - 1)
            changed = ({**sizes, name: value} for value in sorted({multiple + step for step in steps} - {sizes[name]}))
            choices += [choice for choice in changed if _are_positive(needs, choice)]
    return choices
