"""Resolving: the equations of one call are solved together; what cannot hold gets a code, what stays open is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nm_types.edge import Edge, Equation
from nm_types.problem import Problem
from nm_types.proofs import accidental
from nm_types.report import report_equation
from nm_types.sizes import Name, Rigid, Size, Sum, Variable
from nm_types.solve import Solution, Verdict, contradictions, eliminate, is_solvable, judge
from nm_types.unify import Unifier


class Resolution(NamedTuple):
    """What has become of the equations of a call.

    Attributes:
        solution: what its names stand for.
        open: the equations that could not be decided.
        bad: those that cannot hold.
    """

    solution: Solution
    open: list[Equation]
    bad: list[Equation]


def resolve(unifier: Unifier) -> Resolution:
    """Solve the equations of a call: those on axes first, since they say what the names are, then those on kinds."""
    solution = Solution()
    for name, found in unifier.elements.items():
        solution.values[Sum(name)] = sum(map(Size, found), Size(0))
    ordered = sorted(unifier.equations, key=rank)
    on_kinds = [one for one in ordered if not one.on_axis]
    waiting, bad = eliminate([one for one in ordered if one.on_axis], solution, _is_variable)
    if on_kinds:
        waiting, worse = eliminate(waiting + on_kinds, solution, _is_variable)
        bad += worse
    sometimes, never = solution.unmet()
    left, wrong = _judged(waiting, unifier)
    left, unsolvable = _among_numbers(left + sometimes)
    bad += [*wrong, *never, *unsolvable]
    if len(left) > 1:
        bad += contradictions(left)
    return Resolution(solution, left, bad)


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
    return report_equation(equation, code, " and ".join(others), location)


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


def _among_numbers(equations: Sequence[Equation]) -> tuple[list[Equation], list[Equation]]:
    """Decide by search the equations that speak of no other call: those still open, and one that cannot hold.

    An equation stays open with the others while it shares a name with one that speaks of another call.
    """
    names = [one.expected.symbols() | one.given.symbols() for one in equations]
    rest = [one for one, own in zip(equations, names, strict=True) if not any(map(_is_rigid, own))]
    if not is_solvable(rest):
        return [one for one in equations if one not in rest], rest[-1:]
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
        own = (name.tag,) if isinstance(name, Rigid) and name.tag is not None else ()
        found |= {tag.chain[1] for tag in (*own, *unifier.tags.get(name, ()))}
    return found


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable)


def _is_rigid(name: Name) -> bool:
    return isinstance(name, Rigid)
