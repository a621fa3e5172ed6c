"""The open equations of a whole graph: each call can hold by itself, all of them together perhaps not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nm_types.messages import Problem
from nm_types.reporting import report_contradiction
from nm_types.sizes import Name, accidental
from nm_types.solving import Equation, contradictions, rank

MOST_WORK = 50_000
"""Equations that are solved again and again to find those that a contradiction needs."""


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
    problems: dict[int, Problem] = {}
    for one in _bad(numbered):
        (own,) = map(int, one.ports)
        core = _core(numbered[own], _around(numbered[own], numbered))
        found = _bad(numbered[index] for index in core) or [one]
        by_accident = all(accidental(each.expected, each.given) for each in found)
        *others, last = core
        problems.setdefault(last, report_contradiction(asked[last], [asked[index] for index in others], by_accident))
    return tuple(problems[index] for index in sorted(problems))


def _bad(equations: Iterable[Equation]) -> list[Equation]:
    return contradictions(sorted(equations, key=rank), traced=False)


def _around(equation: Equation, others: Sequence[Equation]) -> list[Equation]:
    """Equations that contradict one of them, as near to it as can be: by the number of names on the way."""
    users: dict[Name, list[Equation]] = {}
    for one in others:
        for name in one.names:
            users.setdefault(name, []).append(one)
    seen = {id(equation)}
    found, names, ring = [equation], set[Name](), [equation]
    tried = 1
    while ring:
        fresh = set[Name]().union(*(one.names for one in ring)) - names
        names |= fresh
        near = (one for name in sorted(fresh, key=str) for one in users[name])
        ring = list({id(one): one for one in near if id(one) not in seen}.values())
        seen.update(map(id, ring))
        found += ring
        if len(found) >= 2 * tried or not ring:  # each trial costs as much as all before it
            tried = len(found)
            if _bad(found):
                break
    return found


def _core(equation: Equation, others: Sequence[Equation]) -> list[int]:
    """The numbers of a few equations that contradict each other, in order, this one among them.

    Each is the last of the shortest beginning that contradicts, which is found by halving; none can be left out. Where
    that takes too long, those found so far.
    """
    core, rest, work = [equation], [one for one in others if one is not equation], 0
    while work < MOST_WORK and not _bad(core):
        low, high = 0, len(rest)
        while low < high:
            middle = (low + high) // 2
            work += middle + len(core)
            low, high = (low, middle) if _bad([*rest[:middle], *core]) else (middle + 1, high)
        if not low:
            break
        core.append(rest[low - 1])
        rest = rest[: low - 1]
    return sorted(int(number) for one in core for number in one.ports)
