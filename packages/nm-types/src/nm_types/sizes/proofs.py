"""Proofs about two sizes without a solver: never equal, always equal, or equal only by accident."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import gcd, lcm

from nm_types.sizes.size import Atom, Floor, Product, Size

LONGEST_PERIOD = 4096
"""Values tried of one name that does not grow in a difference."""


class Verdict(Enum):
    """The verdict on an equation between two sizes."""

    HOLDS = "holds"
    CLASHES = "clashes"
    ACCIDENTAL = "accidental"
    OPEN = "open"


def clash(left: Size, right: Size) -> bool:
    """Return whether two sizes provably differ for all positive values."""
    if not left.terms and not right.terms:
        return left.constant != right.constant
    return never_zero(left - right)


def never_zero(difference: Size) -> bool:
    """Return whether a difference is provably nonzero for all positive values of its symbols."""
    if not difference.terms:
        return difference.constant != 0
    # an integer combination of the terms is a multiple of their gcd, so it cannot cancel another remainder
    if difference.constant % gcd(*difference.terms.values()):
        return True
    return is_positive(difference) or is_positive(-difference)


def is_positive(size: Size) -> bool:
    """Return whether a size is provably at least one for all positive values of its symbols.

    By the bounds of each atom alone, or after terms have cancelled: a floor division lies within less than one of its
    quotient.
    """
    least = _least_sum(size.terms, size.constant)
    if least is None or least < 1:
        least = _least_sum(*relax(size, 1))
    return least is not None and least > 0


def _least_sum(terms: Mapping[Atom, int], constant: int) -> int | None:
    """Return a lower bound from the bounds of each atom alone, or None."""
    total = constant
    for atom, count in terms.items():
        least = _least(atom) if count > 0 else None
        if least is None:
            return None
        total += count * least
    return total


def _least(atom: Atom) -> int | None:
    if isinstance(atom, Floor):
        least = _least_sum(atom.numerator.terms, atom.numerator.constant)
        return None if least is None else least // atom.divisor
    if isinstance(atom, Product):
        result = 1
        for factor, power in atom.factors:
            least = _least(factor)
            if least is None or least < 0:
                return None
            # a product of factors has this bound only if none can be negative
            result *= least**power
        return result
    # every name is a size, and sizes start at 1
    return 1


def relax(size: Size, side: int) -> tuple[Mapping[Atom, int], int]:
    """Relax floor divisions to a linear form, up to a positive factor: a lower bound for side 1, the quotient for 0.

    Floor divisions are taken apart; the factor is the common denominator.
    """
    terms: dict[Atom, int] = {}
    scale = _denominator(size)
    constant = 0
    # a stack and no recursion: the sizes of a long chain of calls nest deeply
    stack: list[tuple[Size, int]] = [(size, scale)]
    while stack:
        part, weight = stack.pop()
        constant += weight * part.constant
        for atom, count in part.terms.items():
            if isinstance(atom, Floor):
                share = weight * count // atom.divisor
                stack.append((atom.numerator, share))
                if side and share > 0:
                    # floor(n/d) >= (n - (d-1)) / d
                    constant -= share * (atom.divisor - 1)
            else:
                terms[atom] = terms.get(atom, 0) + weight * count
    return {atom: weight for atom, weight in terms.items() if weight}, constant


def _denominator(size: Size) -> int:
    return lcm(*(atom.divisor * _denominator(atom.numerator) for atom in size.terms if isinstance(atom, Floor)))


def accidental(left: Size, right: Size) -> bool:
    """Return whether two sizes grow with one symbol at different rates, and so are equal finitely often at most.

    `t = (t+1)//2` holds for 1 alone: the mark of lengths that were not subsampled.
    """
    symbols = left.symbols()
    if len(symbols) != 1 or right.symbols() != symbols:
        return False
    if not all(set(terms) == symbols and min(terms.values()) > 0 for terms, _ in (relax(left, 0), relax(right, 0))):
        return False
    terms, _ = relax(left - right, 0)
    return symbols == set(terms)


def period(difference: Size) -> int | None:
    """Return the period of a bounded difference in one symbol, or None if it may not repeat."""
    if len(difference.symbols()) != 1 or relax(difference, 0)[0]:
        return None
    return _repeats(difference, 1)


def _repeats(size: Size, modulus: int) -> int:
    """Return the period of a size modulo a number, as its one name grows."""
    return lcm(*(_atom_repeats(atom, modulus) for atom in size.terms))


def _atom_repeats(atom: Atom, modulus: int) -> int:
    if isinstance(atom, Floor):
        return _repeats(atom.numerator, modulus * atom.divisor)
    if isinstance(atom, Product):
        return lcm(*(_atom_repeats(factor, modulus) for factor, _ in atom.factors))
    return modulus


def decide(expected: Size, given: Size) -> Verdict:
    """Decide an equation between two sizes without a solver."""
    difference = expected - given
    if not difference.terms:
        return Verdict.CLASHES if difference.constant else Verdict.HOLDS
    if never_zero(difference):
        return Verdict.CLASHES
    if accidental(expected, given):
        return Verdict.ACCIDENTAL
    steps = period(difference)
    if steps is not None and steps <= LONGEST_PERIOD:
        (symbol,) = difference.symbols()
        # one full period decides for all values, since the difference neither grows nor shrinks
        values = [difference.substitute({symbol: Size(steps + rest)}).constant for rest in range(steps)]
        if not any(values):
            return Verdict.HOLDS
        if all(values):
            return Verdict.CLASHES
    return Verdict.OPEN
