"""Contradictions across a graph: equations that hold call by call, but not together."""

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
    """Check the open equations of many calls together, as a graph does when it is cut.

    Args:
        equations: those of the calls, in the order of the graph; the last one of several that do not agree is blamed.

    Returns:
        A problem for each equation that contradicts the others, none if all can hold.
    """
    ordered = list(equations)
    # one equation was already decided when its call was typed
    if len(ordered) < 2:
        return ()
    # ports are replaced by indices, since ports of different calls may share a name
    numbered = [replace(contradiction, ports=frozenset({str(index)})) for index, contradiction in enumerate(ordered)]
    problems: dict[int, Problem] = {}
    for contradiction in _bad(numbered):
        (own,) = map(int, contradiction.ports)
        core = _core(numbered[own], _around(numbered[own], numbered))
        proven = _bad(numbered[index] for index in core) or [contradiction]
        by_accident = all(accidental(equation.expected, equation.given) for equation in proven)
        *others, last = core
        problems.setdefault(
            last, report_contradiction(ordered[last], [ordered[index] for index in others], by_accident)
        )
    return tuple(problems[index] for index in sorted(problems))


def _bad(equations: Iterable[Equation]) -> list[Equation]:
    return contradictions(sorted(equations, key=rank), traced=False)


def _around(equation: Equation, others: Sequence[Equation]) -> list[Equation]:
    """Collect equations around one of them, breadth first by shared names, until they contradict each other."""
    users: dict[Name, list[Equation]] = {}
    for member in others:
        for name in member.names:
            users.setdefault(name, []).append(member)
    visited = {id(equation)}
    nearby, names, ring = [equation], set[Name](), [equation]
    tried = 1
    while ring:
        fresh = set[Name]().union(*(member.names for member in ring)) - names
        names |= fresh
        near = (member for name in sorted(fresh, key=str) for member in users[name])
        ring = list({id(member): member for member in near if id(member) not in visited}.values())
        visited.update(map(id, ring))
        nearby += ring
        if len(nearby) >= 2 * tried or not ring:  # each trial costs as much as all before it
            tried = len(nearby)
            if _bad(nearby):
                break
    return nearby


def _core(equation: Equation, others: Sequence[Equation]) -> list[int]:
    """Find a minimal set of equations that contradict each other; return their indices in order.

    Each is the last of the shortest beginning that contradicts, which is found by halving; none can be left out. Where
    that takes too long, those found so far.
    """
    core, rest, work = [equation], [member for member in others if member is not equation], 0
    # minimising is quadratic at worst; a large core is still a correct message
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
    return sorted(int(number) for member in core for number in member.ports)
