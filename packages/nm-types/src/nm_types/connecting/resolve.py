"""Resolving: the equations of one call are solved together; what cannot hold gets a code, what stays open is kept."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from nm_types.messages import Problem
from nm_types.reporting import report_equation
from nm_types.sizes import Name, Rigid, Size, Variable, Verdict, accidental, judge
from nm_types.solving import Edge, Equation, Solution, contradictions, eliminate, is_solvable
from nm_types.unifying import Unifier


class Resolution(NamedTuple):
    """What has become of the equations of a call.

    Attributes:
        solution: what its names stand for.
        open: the equations that could not be decided.
        bad: those that cannot hold.
        blind: the ports of open equations on axes that only sizes of kinds make definite, so that shapes alone cannot
            tell whether these sizes of kinds are right.
    """

    solution: Solution
    open: list[Equation]
    bad: list[Equation]
    blind: frozenset[str] = frozenset()


def resolve(unifier: Unifier) -> Resolution:
    """Solve the equations of a call: those on axes first, since they say what the names are, then those on kinds."""
    solution = Solution()
    solution.values.update(unifier.names.sums())
    ordered = sorted(unifier.equations, key=rank)
    on_kinds = [one for one in ordered if not one.on_axis]
    waiting, bad = eliminate([one for one in ordered if one.on_axis], solution, _is_variable)
    on_axes = waiting + solution.unmet()[0] if on_kinds else []
    known = frozenset(solution.values)
    if on_kinds:
        waiting, worse = eliminate(waiting + on_kinds, solution, _is_variable)
        bad += worse
    sometimes, never = solution.unmet()
    left, wrong = _judged(waiting, unifier)
    left, unsolvable = _among_numbers(left + sometimes)
    bad += [*wrong, *never, *unsolvable]
    if len(left) > 1:
        bad += contradictions(left)
    if not on_axes or not left or bad:
        return Resolution(solution, left, bad)
    # A run sees shapes only: while something is open, it looks at all that shapes alone leave open, and where a kind
    # has said what a name is, shapes that agree do not prove that the kind was right.
    learnt = solution.values.keys() - known
    asked = frozenset(one.port for one in on_kinds)
    blind = _blind(left, on_axes, learnt) & asked
    seen = {(one.port, one.place) for one in left}
    on_axes = _among_numbers(_judged(on_axes, unifier)[0])[0]
    return Resolution(solution, left + [one for one in on_axes if (one.port, one.place) not in seen], bad, blind)


def rank(equation: Equation) -> tuple[bool, bool, str, int]:
    """Plain names before expressions, numbers before names; then a fixed order."""
    plain = isinstance(equation.expected.symbol, Variable)
    return not plain, equation.given.value is None, equation.port, equation.place


def report_unsolved(equation: Equation, unifier: Unifier, edges: Sequence[Edge], location: str) -> Problem:
    """The problem of an equation that cannot hold: swapped, accidental, or sizes that differ."""
    if _is_swapped(equation, unifier):
        code = "NM107"
    elif accidental(equation.expected, equation.given):
        code = "NM108"
    else:
        code = "NM105" if equation.on_axis else "NM113"
    others = [f"{e.producer} at {e.port}" for e in edges if e.port in equation.ports and e.port != equation.port]
    return report_equation(equation, code, " and ".join(sorted(others)), location)


def _judged(equations: Sequence[Equation], unifier: Unifier) -> tuple[list[Equation], list[Equation]]:
    """Those of some equations without free names that are open, and those that cannot hold."""
    left, bad = [], []
    for equation in equations:
        verdict = judge(equation.expected, equation.given)
        if verdict is Verdict.OPEN and not _is_swapped(equation, unifier):
            left.append(equation)
        elif verdict is not Verdict.HOLDS:
            bad.append(equation)
    return left, bad


def _blind(left: Sequence[Equation], on_axes: Sequence[Equation], learnt: AbstractSet[Name]) -> frozenset[str]:
    """The ports of open equations on axes that spoke of names which sizes of kinds have made definite."""
    before = {(one.port, one.place): one.expected.symbols() | one.given.symbols() for one in on_axes}
    found = [one.ports for one in left if one.on_axis and learnt & before.get((one.port, one.place), frozenset())]
    return frozenset[str]().union(*found)


def _among_numbers(equations: Sequence[Equation]) -> tuple[list[Equation], list[Equation]]:
    """Decide by search the equations that speak of no other call: those still open, and one that cannot hold.

    An equation stays open with the others while it shares a name with one that speaks of another call, and where the
    search is too long.
    """
    names = [one.expected.symbols() | one.given.symbols() for one in equations]
    rest = [one for one, own in zip(equations, names, strict=True) if not any(map(_is_rigid, own))]
    verdict = is_solvable(rest)
    if verdict is False:
        return [one for one in equations if one not in rest], rest[-1:]
    if verdict is None:
        return list(equations), []
    reached: set[Name] = set()
    grown = {name for own in names if any(map(_is_rigid, own)) for name in own}
    while grown != reached:
        reached = grown
        grown = reached.union(*(own for own in names if own & reached))
    return [one for one, own in zip(equations, names, strict=True) if own & reached], []


def _is_swapped(equation: Equation, unifier: Unifier) -> bool:
    """Whether a size of the values would equal a size of an axis with an unrelated meaning."""
    if equation.on_axis or isinstance(equation.written, str):
        return False
    expected = _meanings(equation.expected, unifier) | _meanings(equation.written, unifier)
    given = _meanings(equation.given, unifier)
    return bool(expected and given) and not expected & given


def _meanings(size: Size, unifier: Unifier) -> set[str]:
    """The top-level tags of the axes that the names in a size stand for."""
    found = set()
    for name in size.symbols():
        if isinstance(name, Rigid) and name.meaning is not None:
            found.add(name.meaning)
        found |= {tag.meaning for tag in unifier.tags.get(name, ())}
    return found


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable)


def _is_rigid(name: Name) -> bool:
    return isinstance(name, Rigid)
