"""The open equations of a whole graph: each call can hold by itself, all of them together perhaps not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nm_types.edge import Equation
from nm_types.problem import Problem
from nm_types.report import report_contradiction
from nm_types.resolve import rank
from nm_types.solve import contradictions

MOST_TRIED = 32
"""Connections that are left out one by one, to find those that a contradiction needs."""


def check_equations(equations: Iterable[Equation]) -> tuple[Problem, ...]:
    """Judge the open equations of many calls together, as when a graph is cut out of them.

    Args:
        equations: those of the calls, in the order of the graph; the last one of several that do not agree is blamed.

    Returns:
        A problem for each equation that contradicts the others, none if all can hold.
    """
    asked = list(equations)
    if len(asked) < 2:
        return ()
    numbered = [replace(one, ports=frozenset({str(index)})) for index, one in enumerate(asked)]
    bad = contradictions(sorted(numbered, key=rank))
    problems: dict[int, Problem] = {}
    for one in bad:
        *others, last = sorted(map(int, one.ports))
        if last not in problems:
            needed = _needed(asked[last], [asked[index] for index in others])
            problems[last] = report_contradiction(asked[last], needed)
    return tuple(problems[index] for index in sorted(problems))


def _needed(equation: Equation, others: list[Equation]) -> list[Equation]:
    """Those of some equations without which another would hold; all of them where they are too many to try."""
    for one in list(others) if len(others) <= MOST_TRIED else ():
        rest = [other for other in others if other is not one]
        if contradictions(sorted([*rest, equation], key=rank)):
            others = rest
    return others
