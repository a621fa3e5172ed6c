"""What is known of an equation between two sizes, without a solver."""

from __future__ import annotations

from enum import Enum

from nm_types.sizes.proofs import accidental, never_zero, period
from nm_types.sizes.size import Size

LONGEST_PERIOD = 4096
"""Values tried of one name that does not grow in a difference."""


class Verdict(Enum):
    """What is known of an equation."""

    HOLDS = "holds"
    CLASHES = "clashes"
    ACCIDENTAL = "accidental"
    OPEN = "open"


def judge(expected: Size, given: Size) -> Verdict:
    """What can be said of an equation without a solver."""
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
        values = [difference.substitute({symbol: Size(steps + rest)}).constant for rest in range(steps)]
        if not any(values):
            return Verdict.HOLDS
        if all(values):
            return Verdict.CLASHES
    return Verdict.OPEN
