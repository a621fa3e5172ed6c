"""Resolution: solves the equations of one call together and sorts them into open and contradictory ones."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from nm_types.sizes import Name, OutputSize, Variable, Verdict, decide
from nm_types.solving import Equation, Solution, contradictions, eliminate, is_solvable, rank
from nm_types.unifying import Meanings, Unifier


class Resolution(NamedTuple):
    """The solved equations of a call.

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
    """Solve the equations of a call: those on axes first, since they bind the names, then those on kinds."""
    solution = Solution()
    solution.values.update(unifier.names.totals())
    solution.ports.update(unifier.names.counted())
    ordered = sorted(unifier.equations, key=rank)
    on_kinds = [equation for equation in ordered if not equation.on_axis]
    waiting, bad = eliminate([equation for equation in ordered if equation.on_axis], solution, _is_variable)
    on_axes = waiting + solution.unmet()[0] if on_kinds else []
    solved_on_axes = frozenset(solution.values)
    if on_kinds:
        waiting, worse = eliminate(waiting + on_kinds, solution, _is_variable)
        bad += worse
    sometimes, never = solution.unmet()
    unsolved, wrong = _split_by_verdict(waiting, unifier.meanings)
    unsolved, unsolvable = _among_numbers(unsolved + sometimes)
    bad += [*wrong, *never, *unsolvable]
    if len(unsolved) > 1:
        bad += contradictions(unsolved)
    if not on_axes or not unsolved or bad:
        return Resolution(solution, unsolved, bad)
    # A run sees shapes only: while something is open, it looks at all that shapes alone leave open, and where a kind
    # has said what a name is, shapes that agree do not prove that the kind was right.
    kind_ports = frozenset(equation.port for equation in on_kinds)
    blind = _blind(unsolved, on_axes, solution.values.keys() - solved_on_axes) & kind_ports
    reported = {(equation.port, equation.place) for equation in unsolved}
    on_axes = _among_numbers(_split_by_verdict(on_axes, unifier.meanings)[0])[0]
    return Resolution(
        solution,
        unsolved + [equation for equation in on_axes if (equation.port, equation.place) not in reported],
        bad,
        blind,
    )


def _split_by_verdict(equations: Sequence[Equation], meanings: Meanings) -> tuple[list[Equation], list[Equation]]:
    """Split equations without free names into open ones and contradictory ones."""
    unsolved, wrong = [], []
    # an equation that would swap two meanings is refused even where its numbers might agree
    for equation in equations:
        verdict = decide(equation.expected, equation.given)
        if verdict is Verdict.OPEN and not meanings.are_swapped(equation):
            unsolved.append(equation)
        elif verdict is not Verdict.HOLDS:
            wrong.append(equation)
    return unsolved, wrong


def _blind(unsolved: Sequence[Equation], on_axes: Sequence[Equation], learnt: AbstractSet[Name]) -> frozenset[str]:
    """Find ports whose open axis equations are bound only by sizes of kinds."""
    before = {(equation.port, equation.place): equation.names for equation in on_axes}
    ports = [
        equation.ports
        for equation in unsolved
        if equation.on_axis and learnt & before.get((equation.port, equation.place), frozenset())
    ]
    return frozenset[str]().union(*ports)


def _among_numbers(equations: Sequence[Equation]) -> tuple[list[Equation], list[Equation]]:
    """Decide equations that involve no other call by search; return those still open and a contradictory one.

    An equation stays open with the others while it shares a name with one that speaks of another call, and where the
    search is too long.
    """
    bound = [equation for equation in equations if any(map(_is_output_size, equation.names))]
    rest = [equation for equation in equations if not any(map(_is_output_size, equation.names))]
    verdict = is_solvable(rest)
    if verdict is False:
        return bound, rest[-1:]
    if verdict is None:
        return list(equations), []
    reached: set[Name] = set()
    grown = {name for equation in bound for name in equation.names}
    while grown != reached:
        reached = grown
        grown = reached.union(*(equation.names for equation in equations if equation.names & reached))
    return [equation for equation in equations if equation.names & reached], []


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable)


def _is_output_size(name: Name) -> bool:
    return isinstance(name, OutputSize)
