"""What the names of a call stand for, as its equations are solved."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from nm_types.sizes import Name, Size, is_positive
from nm_types.solving.edge import Equation


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
        solved = self._known(size)
        if not solved:
            return size
        for name in solved:
            if self._known(self.values[name]):
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
        """Decide a name."""
        self.values[name] = value
        self.ports[name] = ports

    def applied(self, equation: Equation) -> Equation:
        """The equation with what is known put in."""
        expected, actual = self.apply(equation.expected), self.apply(equation.given)
        if expected is equation.expected and actual is equation.given:
            return equation
        ports = equation.ports
        if self.traced:
            ports |= self.sources(equation.expected) | self.sources(equation.given)
        return replace(equation, expected=expected, given=actual, ports=ports)

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
