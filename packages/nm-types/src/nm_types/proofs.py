"""What can be proven about two sizes without a solver: that they never agree, or agree only by accident."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, lcm

from nm_types.sizes import Atom, Floor, Product, Size


def clash(left: Size, right: Size) -> bool:
    """Whether two sizes differ for all positive values: by a constant, by divisibility or by bounds."""
    if not left.terms and not right.terms:
        return left.constant != right.constant
    return never_zero(left - right)


def never_zero(difference: Size) -> bool:
    """Whether a difference is provably not zero for any positive values of its symbols."""
    if not difference.terms:
        return difference.constant != 0
    if difference.constant % gcd(*difference.terms.values()):
        return True
    return is_positive(difference) or is_positive(-difference)


def is_positive(size: Size) -> bool:
    """Whether a size is provably at least one for all positive values of its symbols."""
    least = _least_by_atoms(size)
    if least is not None and least > 0:
        return True
    relaxed = _least_relaxed(size)
    return relaxed is not None and relaxed > 0


def _least_by_atoms(size: Size) -> int | None:
    """A lower bound from the bounds of each atom alone."""
    total = size.constant
    for atom, count in size.terms.items():
        least = _least(atom) if count > 0 else None
        if least is None:
            return None
        total += count * least
    return total


def _least(atom: Atom) -> int | None:
    if isinstance(atom, Floor):
        least = _least_by_atoms(atom.numerator)
        return None if least is None else least // atom.divisor
    if isinstance(atom, Product):
        result = 1
        for factor, power in atom.factors:
            least = _least(factor)
            if least is None or least < 0:
                return None
            result *= least**power
        return result
    return 1


def _least_relaxed(size: Size) -> int | None:
    """The sign of a lower bound that lets terms cancel: a floor division lies within less than one of its quotient."""
    terms, total = relax(size, 1)
    for atom, count in terms.items():
        least = _least(atom) if count > 0 else None
        if least is None:
            return None
        total += count * least
    return total


def relax(size: Size, side: int) -> tuple[Mapping[Atom, int], int]:
    """A linear form over symbols and products, up to a positive factor: a lower bound for side 1, for 0 the quotient.

    Floor divisions are taken apart; the factor is the common denominator.
    """
    terms: dict[Atom, int] = {}
    scale = _denominator(size)
    constant = 0
    stack: list[tuple[Size, int]] = [(size, scale)]
    while stack:
        part, weight = stack.pop()
        constant += weight * part.constant
        for atom, count in part.terms.items():
            if isinstance(atom, Floor):
                share = weight * count // atom.divisor
                stack.append((atom.numerator, share))
                if side and share > 0:
                    constant -= share * (atom.divisor - 1)
            else:
                terms[atom] = terms.get(atom, 0) + weight * count
    return {atom: weight for atom, weight in terms.items() if weight}, constant


def _denominator(size: Size) -> int:
    return lcm(*(atom.divisor * _denominator(atom.numerator) for atom in size.terms if isinstance(atom, Floor)))


def accidental(left: Size, right: Size) -> bool:
    """Whether an equation of one symbol with itself at different growth holds for finitely many sizes at most.

    `t = (t+1)//2` holds for 1 alone: the mark of lengths that were not subsampled.
    """
    symbols = left.symbols()
    if len(symbols) != 1 or right.symbols() != symbols:
        return False
    terms, _ = relax(left - right, 0)
    return len(terms) > 0 and symbols == set(terms)


def candidates(difference: Size) -> range | None:
    """The values of its one name for which a difference may be zero, where bounds leave finitely many."""
    lower, low = relax(difference, 1)
    _, high = relax(-difference, 1)
    if len(difference.symbols()) != 1 or difference.symbols() != set(lower):
        return None
    ((_, slope),) = lower.items()
    ends = (high, -low) if slope > 0 else (low, -high)
    return range(max(1, -(-ends[0] // abs(slope))), ends[1] // abs(slope) + 1)


def period(difference: Size) -> int | None:
    """After how many values a difference of one symbol, which does not grow, repeats; None where it may not."""
    if len(difference.symbols()) != 1 or relax(difference, 0)[0]:
        return None
    return _denominator(difference)
