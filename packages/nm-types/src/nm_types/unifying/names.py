"""Names of sizes in one call: which names there are, and the meanings of the axes that have such a size."""

from __future__ import annotations

import re

from nm_types.meanings import BatchTag
from nm_types.notation import Axis, AxisType, Row, TagVariable, Unknown
from nm_types.sizes import Name, OutputSize, Size, Sum, Variable
from nm_types.solving import Equation
from nm_types.unifying.symbol_scopes import plain

BATCH = Variable("B")
ELEMENT = re.compile(r"\[\d+\]$")


class LocalNames:
    """The sizes that the ports of one call ask for, with a name of its own for each thing that has a size.

    Attributes:
        elements: the names that an indexed name such as `n_i` stands for, one for each element of its port.
    """

    def __init__(self) -> None:
        self.elements: dict[str, list[Variable]] = {}

    def size_of(self, axis: Axis, port: str) -> Size | None:
        """The size that a port asks of an axis: none, its own, or that of all batch axes of the call."""
        if isinstance(axis, Row) or isinstance(axis.size, Unknown):
            return None
        if axis.size is None:
            batch = not isinstance(axis.tag, TagVariable) and axis.tag.is_a(BatchTag)
            return Size(BATCH) if batch else None
        return self.local(plain(axis.size), port)

    def local(self, size: Size, port: str) -> Size:
        """A size with the names that belong to one element of a variadic port told apart: `n_i` becomes `n[0]`."""
        if not size.terms:
            return size
        own: dict[Name, Size] = {}
        for name in size.symbols():
            if isinstance(name, Variable) and name.is_indexed:
                match = ELEMENT.search(port)
                element = Variable(f"{name.name[:-2]}{match.group() if match else f'[{port}]'}")
                own[name] = Size(element)
                elements = self.elements.setdefault(name.name, [])
                if element not in elements:
                    elements.append(element)
        return size.substitute(own)

    def sums(self) -> dict[Name, Size]:
        """What the sum of each indexed name is."""
        return {Sum(name): sum(map(Size, elements), Size(0)) for name, elements in self.elements.items()}


class Meanings:
    """What one call learns of the meanings of names."""

    def __init__(self) -> None:
        self._known: dict[Name, list[str]] = {}

    def learn(self, size: Size, axis: Axis | None) -> None:
        """Take in that an axis has a size; only names say something, and only axes that have a tag."""
        symbol = size.symbol
        if (
            isinstance(symbol, Variable | OutputSize)
            and isinstance(axis, AxisType)
            and not isinstance(axis.tag, TagVariable)
        ):
            self._known.setdefault(symbol, []).append(axis.tag.meaning)

    def of(self, name: Name) -> list[str]:
        """What a name means, its own meaning first."""
        own = [name.meaning] if isinstance(name, OutputSize) and name.meaning is not None else []
        return own + self._known.get(name, [])

    def are_swapped(self, equation: Equation) -> bool:
        """Whether a size of the values would equal a size of an axis with an unrelated meaning."""
        if equation.on_axis or isinstance(equation.written, str):
            return False
        expected = self._of_size(equation.expected) | self._of_size(equation.written)
        actual = self._of_size(equation.given)
        return bool(expected and actual) and not expected & actual

    def _of_size(self, size: Size) -> set[str]:
        return {meaning for name in size.symbols() for meaning in self.of(name)}


def row_size(name: str, index: int) -> Variable:
    """The name of the size of one axis of a row."""
    return Variable(f"*{name}[{index}]")
