"""Equations between sizes: elimination on the affine part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nm_types.sizes import Atom, Name, OutputSize, Size, Sum, Variable, Verdict, decide, is_positive, never_zero
from nm_types.solving.edge import Equation
from nm_types.solving.solution import Solution

Isolate = Callable[[Size, Callable[[Name], bool]], "tuple[Name, Size, int] | None"]


def eliminate(
    equations: Iterable[Equation], solution: Solution, free: Callable[[Name], bool]
) -> tuple[list[Equation], list[Equation]]:
    """Solve equations for free names that can be isolated; return the open and the contradictory ones.

    Equations that are affine in a name with coefficient one are used first; a name with another coefficient is divided
    out, and the condition that the division leaves no rest stays as an equation.
    """
    waiting = [equation for equation in equations if not _assign(equation, solution, free)]
    bad: list[Equation] = []
    # coefficient one first: dividing by another leaves an extra condition behind
    for isolate in (_single, _multiple):
        before = -1
        while waiting and len(solution.values) != before:
            before = len(solution.values)
            waiting = [equation for equation in waiting if not _advance(equation, solution, free, isolate, bad)]
    return [solution.applied(equation) for equation in waiting], bad


def contradictions(equations: Sequence[Equation], *, traced: bool = True) -> list[Equation]:
    """Return open equations that contradict the others for any sizes of calls.

    Args:
        traced: let each name all ports that take part; without it, its own only.
    """
    solution = Solution(traced=traced)
    waiting, bad = eliminate(equations, solution, lambda name: isinstance(name, OutputSize))
    bad += solution.unmet()[1]
    return bad + [
        equation
        for equation in waiting
        if decide(equation.expected, equation.given) in (Verdict.CLASHES, Verdict.ACCIDENTAL)
    ]


def rank(equation: Equation) -> tuple[bool, bool, str, int]:
    """Sort key of equations: plain names before expressions, numbers before names, then a fixed order."""
    plain = isinstance(equation.expected.symbol, Variable)
    return not plain, equation.given.value is None, equation.port, equation.place


def _assign(equation: Equation, solution: Solution, free: Callable[[Name], bool]) -> bool:
    """Bind an unsolved name that a port asks for: the common case."""
    symbol = equation.expected.symbol
    if not isinstance(symbol, Variable | OutputSize) or symbol in solution.values or not free(symbol):
        return False
    value = solution.apply(equation.given)
    # t = t + 1 is no definition of t
    if symbol in value.symbols():
        return False
    solution.set(symbol, value, equation.ports)
    return True


def _advance(
    equation: Equation, solution: Solution, free: Callable[[Name], bool], isolate: Isolate, bad: list[Equation]
) -> bool:
    """Process an equation; return whether it is done: it holds, contradicts, or has bound a name."""
    now = solution.applied(equation)
    difference = now.expected - now.given
    if not difference.terms and not difference.constant:
        return True
    isolated = isolate(difference, free)
    if never_zero(difference) or is_positive(1 - now.expected) or (isolated and is_positive(1 - isolated[1])):
        bad.append(now)
        return True
    if isolated is None:
        return False
    name, multiple, count = isolated
    # sizes are at least 1; where that follows from nothing it becomes a condition of its own
    if not is_positive(multiple) and multiple not in (now.given, now.expected):
        solution.conditions.append((name, now))
    solution.set(name, multiple // count, now.ports)
    # with another coefficient the equation stays: it still says that the division leaves no rest
    return count == 1


def _single(difference: Size, free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    """Isolate a free name with coefficient one; return it with its value."""
    return _isolate(difference, [atom for atom, count in difference.terms.items() if count in (1, -1)], free)


def _multiple(difference: Size, free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    """Isolate a free name with any coefficient; return it, the value of its multiple, and the coefficient."""
    return _isolate(difference, list(difference.terms), free)


def _isolate(difference: Size, atoms: Iterable[Atom], free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    for atom in atoms:
        if isinstance(atom, Variable | OutputSize | Sum) and free(atom):
            count = difference.terms[atom]
            rest = difference - Size(atom) * count
            if atom not in rest.symbols():
                return atom, rest * (-1 if count > 0 else 1), abs(count)
    return None
