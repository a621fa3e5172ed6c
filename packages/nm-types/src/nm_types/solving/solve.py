"""Equations between sizes: elimination on the affine part, and a verdict on the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from enum import Enum

from nm_types.sizes import Atom, Name, Rigid, Size, Sum, Variable, accidental, is_positive, never_zero, period
from nm_types.solving.edge import Equation

LONGEST_PERIOD = 4096
"""Values tried of one name that does not grow in a difference."""

Isolate = Callable[[Size, Callable[[Name], bool]], "tuple[Name, Size, int] | None"]


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


class Solution:
    """What names stand for, as one call finds out; each name remembers the ports that decided it.

    Attributes:
        values: the size that a name stands for; it may mention names that are solved later.
        ports: the ports that decided it.
        conditions: the names that were solved for but come out positive only for some data, each with its equation.
        traced: whether ports are remembered; for very many equations they are not.
    """

    def __init__(self, *, traced: bool = True) -> None:
        self.values: dict[Name, Size] = {}
        self.ports: dict[Name, frozenset[str]] = {}
        self.conditions: list[tuple[Name, Equation]] = []
        self.traced = traced

    def apply(self, size: Size) -> Size:
        """Put what is known in the place of names."""
        for name in self._known(size):
            self._flatten(name)
        return size.substitute(self.values)

    def sources(self, size: Size) -> frozenset[str]:
        """The ports that decided the names in a size that has been applied, and the names in those."""
        return frozenset().union(*(self.ports.get(name, ()) for name in self._known(size)))

    def _known(self, size: Size) -> AbstractSet[Name]:
        return size.symbols() & self.values.keys() if size.terms else frozenset()

    def _flatten(self, name: Name) -> None:
        """Let a name stand for what its value comes to in the end: chains of names are followed once."""
        stack = [name]
        while stack:
            value = self.values[stack[-1]]
            known = self._known(value)
            deeper = [one for one in known if self._known(self.values[one])]
            if deeper:
                stack += deeper
                continue
            top = stack.pop()
            if known:
                self.values[top] = value.substitute(self.values)
                if self.traced:
                    own = self.ports.get(top, frozenset())
                    self.ports[top] = own.union(*(self.ports.get(one, ()) for one in known))

    def set(self, name: Name, value: Size, ports: frozenset[str]) -> None:
        """Decide a name."""
        self.values[name] = value
        self.ports[name] = ports

    def applied(self, equation: Equation) -> Equation:
        """The equation with what is known put in."""
        expected, given = self.apply(equation.expected), self.apply(equation.given)
        if expected is equation.expected and given is equation.given:
            return equation
        ports = equation.ports
        if self.traced:
            ports |= self.sources(equation.expected) | self.sources(equation.given)
        return replace(equation, expected=expected, given=given, ports=ports)

    def unmet(self) -> tuple[list[Equation], list[Equation]]:
        """The equations whose solved name is positive only for some data, and those for which it never is."""
        sometimes: list[Equation] = []
        never: list[Equation] = []
        for name, equation in self.conditions:
            value = self.apply(Size(name))
            if not is_positive(value):
                solved = self.values.pop(name)
                (never if is_positive(1 - value) else sometimes).append(self.applied(equation))
                self.values[name] = solved
        return sometimes, never


def eliminate(
    equations: Iterable[Equation], solution: Solution, free: Callable[[Name], bool]
) -> tuple[list[Equation], list[Equation]]:
    """Solve equations for free names where one can be isolated; give back those left open and those that cannot hold.

    Equations that are affine in a name with coefficient one are used first; a name with another coefficient is divided
    out, and the condition that the division leaves no rest stays as an equation.
    """
    waiting = [equation for equation in equations if not _assign(equation, solution, free)]
    bad: list[Equation] = []
    for isolate in (_single, _multiple):
        before = -1
        while waiting and len(solution.values) != before:
            before = len(solution.values)
            waiting = [equation for equation in waiting if not _advance(equation, solution, free, isolate, bad)]
    return [solution.applied(equation) for equation in waiting], bad


def contradictions(equations: Sequence[Equation], *, traced: bool = True) -> list[Equation]:
    """Those of some open equations that cannot hold together with the others, whatever the sizes of calls are.

    Args:
        traced: let each name all ports that take part; without it, its own only.
    """
    solution = Solution(traced=traced)
    waiting, bad = eliminate(equations, solution, lambda name: isinstance(name, Rigid))
    bad += solution.unmet()[1]
    return bad + [one for one in waiting if judge(one.expected, one.given) in (Verdict.CLASHES, Verdict.ACCIDENTAL)]


def _assign(equation: Equation, solution: Solution, free: Callable[[Name], bool]) -> bool:
    """The common case: a port asks for a name that nothing has decided yet."""
    symbol = equation.expected.symbol
    if not isinstance(symbol, Variable | Rigid) or symbol in solution.values or not free(symbol):
        return False
    value = solution.apply(equation.given)
    if symbol in value.symbols():
        return False
    solution.set(symbol, value, equation.ports)
    return True


def _advance(
    equation: Equation, solution: Solution, free: Callable[[Name], bool], isolate: Isolate, bad: list[Equation]
) -> bool:
    """Whether an equation is done with: it holds, it cannot hold, or it has decided a name."""
    now = solution.applied(equation)
    difference = now.expected - now.given
    if not difference.terms and not difference.constant:
        return True
    found = isolate(difference, free)
    if never_zero(difference) or is_positive(1 - now.expected) or (found and is_positive(1 - found[1])):
        bad.append(now)
        return True
    if found is None:
        return False
    name, multiple, count = found
    if not is_positive(multiple) and multiple not in (now.given, now.expected):
        solution.conditions.append((name, now))
    solution.set(name, multiple // count, now.ports)
    return count == 1


def _single(difference: Size, free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    """A free name that stands in the difference once and by itself, and what it is equal to."""
    return _isolate(difference, [atom for atom, count in difference.terms.items() if count in (1, -1)], free)


def _multiple(difference: Size, free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    """A free name that stands in the difference by itself, what a multiple of it is equal to, and which multiple."""
    return _isolate(difference, list(difference.terms), free)


def _isolate(difference: Size, atoms: Iterable[Atom], free: Callable[[Name], bool]) -> tuple[Name, Size, int] | None:
    for atom in atoms:
        if isinstance(atom, Variable | Rigid | Sum) and free(atom):
            count = difference.terms[atom]
            rest = difference - Size(atom) * count
            if atom not in rest.symbols():
                return atom, rest * (-1 if count > 0 else 1), abs(count)
    return None
