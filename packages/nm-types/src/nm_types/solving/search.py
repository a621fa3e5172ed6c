"""Search: whether equations between free names have a solution, by bounds and enumeration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import lcm, prod

from nm_types.sizes import Atom, Floor, Name, Product, Size, is_positive, never_zero, period, relax
from nm_types.solving.edge import Equation
from nm_types.solving.solution import Solution
from nm_types.solving.solve import eliminate

MOST_TRIED = 4096
"""Values tried for all names together; a search that would need more is undecided."""
WITNESSES = 16
"""Values tried for a name that nothing bounds, from its smallest one on: one that holds is a proof."""
ROUNDS = 16
"""How often bounds are narrowed by each other before values are tried."""

Bounds = dict[Name, tuple[int, "int | None"]]
Form = tuple[Mapping[Atom, int], int]


def is_solvable(equations: Sequence[Equation], budget: int = MOST_TRIED) -> bool | None:
    """Return whether equations between free names have a solution in positive integers.

    What elimination leaves is bounded, equation by equation, and tried; then the equations as they were, whose bounds
    are sometimes better.

    Returns:
        True with a solution at hand, False with a proof that there is none, None where the search does not decide it.
    """
    solution = Solution()
    waiting, bad = eliminate(equations, solution, lambda name: True)
    if bad or solution.unmet()[1]:
        return False
    positive = [solution.apply(Size(name)) for name, _ in solution.conditions]
    answer = can_be_zero([equation.expected - equation.given for equation in waiting], positive, budget)
    return (
        can_be_zero([equation.expected - equation.given for equation in equations], (), budget)
        if answer is None
        else answer
    )


def can_be_zero(
    zero: Iterable[Size], positive: Iterable[Size] = (), budget: int = MOST_TRIED, bounds: Bounds | None = None
) -> bool | None:
    """Return whether some assignment makes `zero` vanish and `positive` at least one; None if undecided."""
    zero = [size for size in zero if size.terms or size.constant]
    positive = [size for size in positive if not is_positive(size)]
    # the cheap proofs first: most searches end here
    if any(map(never_zero, zero)) or any(is_positive(1 - size) for size in positive):
        return False
    if not zero and not positive:
        return True
    names = frozenset[Name]().union(*(size.symbols() for size in (*zero, *positive)))
    narrowed = _narrow_bounds(
        [form for size in zero for form in (relax(size, 1), relax(-size, 1))]
        + [relax(1 - size, 1) for size in positive],
        {name: (bounds or {}).get(name, (1, None)) for name in names},
    )
    if narrowed is None:
        return False
    # the name with the fewest candidates first keeps the search tree small
    name = min(narrowed, key=lambda candidate: (_width(narrowed[candidate]), str(candidate)))
    least, most = narrowed[name]
    enough = _repeats(zero) if most is None and not positive else None if most is None else most + 1 - least
    values = range(least, least + min(enough or WITNESSES, budget))
    # only an exhaustive range proves that there is no solution
    answer: bool | None = False if enough is not None and len(values) >= enough else None
    for value in values:
        assignment = {name: Size(value)}
        result = can_be_zero(
            [size.substitute(assignment) for size in zero],
            [size.substitute(assignment) for size in positive],
            budget // len(values),
            narrowed,
        )
        if result:
            return True
        answer = None if result is None else answer
    return answer


def _repeats(zero: Sequence[Size]) -> int | None:
    """Return the common period of sizes in one name, or None."""
    periods = [period(size) for size in zero]
    if None in periods or len(frozenset[Name]().union(*(size.symbols() for size in zero))) != 1:
        return None
    return lcm(*(steps for steps in periods if steps))


def _width(bound: tuple[int, int | None]) -> float:
    return float("inf") if bound[1] is None else bound[1] - bound[0]


def _narrow_bounds(forms: Sequence[Form], bounds: Bounds) -> Bounds | None:
    """Narrow bounds so that each linear form can be at most zero; None if there are none."""
    # bounds can narrow by one a round for ever, as in s = t and t = s + 1
    for _ in range(ROUNDS):
        before = dict(bounds)
        for terms, constant in forms:
            least = {atom: _least(atom, weight, bounds) for atom, weight in terms.items()}
            open_ended = [atom for atom, value in least.items() if value is None]
            total = constant + sum(value for value in least.values() if value is not None)
            if not open_ended and total > 0:
                return None
            for atom in open_ended or terms if len(open_ended) < 2 else ():
                _cut(atom, terms[atom], total - (least[atom] or 0), bounds)
        if any(most is not None and most < least for least, most in bounds.values()):
            return None
        if bounds == before:
            break
    return bounds


def _cut(atom: Atom, weight: int, rest: int, bounds: Bounds) -> None:
    """Narrow the bounds of an atom with `weight * atom <= -rest`."""
    if isinstance(atom, Product):
        for factor, _ in atom.factors if weight > 0 else ():
            others = [_range(cofactor, bounds)[0] for cofactor, _ in atom.factors if cofactor != factor]
            if factor in bounds and all(least is not None and least > 0 for least in others):
                _cut(factor, weight * prod(least for least in others if least), rest, bounds)
    elif not isinstance(atom, Floor):
        least, most = bounds[atom]
        if weight > 0:
            bound = -rest // weight
            bounds[atom] = least, bound if most is None else min(most, bound)
        else:
            bounds[atom] = max(least, -(-rest // -weight)), most


def _least(atom: Atom, weight: int, bounds: Bounds) -> int | None:
    """Return the least value of a multiple of an atom, or None."""
    least, most = _range(atom, bounds)
    end = least if weight > 0 else most
    return None if end is None else end * weight


def _range(atom: Atom, bounds: Bounds) -> tuple[int | None, int | None]:
    """Return the bounds of an atom, each None if unbounded."""
    if isinstance(atom, Floor):
        least, negated = _least_of(atom.numerator, bounds), _least_of(-atom.numerator, bounds)
        return None if least is None else least // atom.divisor, None if negated is None else -negated // atom.divisor
    if isinstance(atom, Product):
        ranges = [_range(factor, bounds) for factor, power in atom.factors for _ in range(power)]
        if any(least is None or least < 0 for least, _ in ranges):
            return None, None
        most = None if any(most is None for _, most in ranges) else prod(most or 0 for _, most in ranges)
        return prod(least or 0 for least, _ in ranges), most
    return bounds[atom]


def _least_of(size: Size, bounds: Bounds) -> int | None:
    parts = [_least(atom, count, bounds) for atom, count in size.terms.items()]
    return None if None in parts else size.constant + sum(part for part in parts if part is not None)
