"""Solutions: the values of names, as equations are solved."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from nm_types.sizes import Name, Size, is_positive
from nm_types.solving.edge import Equation


class Solution:
    """The values of names in one call, each with the ports that decided it.

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
        """Substitute solved names in a size."""
        solved = self._known(size)
        if not solved:
            return size
        for name in solved:
            if self._known(self.values[name]):
                self._flatten(name)
        return size.substitute(self.values)

    def sources(self, size: Size) -> frozenset[str]:
        """Return the ports that decided the solved names in a size."""
        return frozenset().union(*(self.ports.get(name, ()) for name in self._known(size)))

    def _known(self, size: Size) -> AbstractSet[Name]:
        return size.symbols() & self.values.keys() if size.terms else frozenset()

    def _flatten(self, name: Name) -> None:
        """Resolve chains of solved names, so that a name's value mentions no solved name."""
        # without recursion: a chain of a thousand calls binds a thousand names to each other
        stack = [name]
        while stack:
            value = self.values[stack[-1]]
            solved = self._known(value)
            deeper = [inner for inner in solved if self._known(self.values[inner])]
            if deeper:
                stack += deeper
                continue
            top = stack.pop()
            if solved:
                self.values[top] = value.substitute(self.values)
                if self.traced:
                    own = self.ports.get(top, frozenset())
                    self.ports[top] = own.union(*(self.ports.get(inner, ()) for inner in solved))

    def set(self, name: Name, value: Size, ports: frozenset[str]) -> None:
        """Set the value of a name."""
        self.values[name] = value
        self.ports[name] = ports

    def applied(self, equation: Equation) -> Equation:
        """Substitute solved names in an equation."""
        expected, actual = self.apply(equation.expected), self.apply(equation.given)
        if expected is equation.expected and actual is equation.given:
            return equation
        ports = equation.ports
        if self.traced:
            ports |= self.sources(equation.expected) | self.sources(equation.given)
        return replace(equation, expected=expected, given=actual, ports=ports)

    def unmet(self) -> tuple[list[Equation], list[Equation]]:
        """Return equations whose solved name is positive for some data only, and those for which it never is."""
        sometimes: list[Equation] = []
        never: list[Equation] = []
        for name, equation in self.conditions:
            value = self.apply(Size(name))
            if not is_positive(value):
                # the name itself must not be substituted in the equation that reports it
                solved = self.values.pop(name)
                (never if is_positive(1 - value) else sometimes).append(self.applied(equation))
                self.values[name] = solved
        return sometimes, never
