"""Size names of one call, and the tags of the axes that have such sizes."""

from __future__ import annotations

import re

from nm_types.meanings import BatchTag
from nm_types.notation import Axis, AxisType, Row, TagVariable, Unknown
from nm_types.sizes import Count, Name, OutputSize, Size, Sum, Variable
from nm_types.solving import Equation
from nm_types.unifying.symbol_scopes import plain

BATCH = Variable("B")
ELEMENT = re.compile(r"\[\d+\]$")
VARIADIC = re.compile(r"(\w+)\[\d+\]$")


class LocalNames:
    """The sizes required by the ports of one call, with a distinct name for each size.

    Attributes:
        elements: the names that an indexed name such as `n_i` stands for, one for each element of its port.
        variadic: the elements of each variadic port, `xs[0]` and `xs[1]` of `xs`.
    """

    def __init__(self) -> None:
        self.elements: dict[str, list[Variable]] = {}
        self.variadic: dict[str, list[str]] = {}

    def size_of(self, axis: Axis, port: str) -> Size | None:
        """Return the size required of an axis: None, its own, or that of all batch axes of the call."""
        if isinstance(axis, Row) or isinstance(axis.size, Unknown):
            return None
        if axis.size is None:
            batch = not isinstance(axis.tag, TagVariable) and axis.tag.is_a(BatchTag)
            return Size(BATCH) if batch else None
        return self.local(plain(axis.size), port)

    def local(self, size: Size, port: str) -> Size:
        """Replace indexed names by those of one element of a variadic port: `n_i` becomes `n[0]`."""
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

    def count(self, port: str) -> None:
        """Count a port where it is an element of a variadic one."""
        match = VARIADIC.search(port) if port.endswith("]") else None
        if match is not None:
            self.variadic.setdefault(match.group(1), []).append(port)

    def totals(self) -> dict[Name, Size]:
        """Return the value of `sum(n_i)` for each indexed name, and of `count(xs)` for each variadic port."""
        sums: dict[Name, Size] = {
            Sum(name): sum(map(Size, elements), Size(0)) for name, elements in self.elements.items()
        }
        return {**sums, **{Count(name): Size(len(elements)) for name, elements in self.variadic.items()}}

    def counted(self) -> dict[Name, frozenset[str]]:
        """Return the elements of each variadic port, by the name of their number."""
        return {Count(name): frozenset(elements) for name, elements in self.variadic.items()}


class Meanings:
    """The tags of axes whose size is a name, collected over one call."""

    def __init__(self) -> None:
        self._known: dict[Name, list[str]] = {}

    def learn(self, size: Size, axis: Axis | None) -> None:
        """Record the tag of an axis whose size is a name."""
        symbol = size.symbol
        if (
            isinstance(symbol, Variable | OutputSize)
            and isinstance(axis, AxisType)
            and not isinstance(axis.tag, TagVariable)
        ):
            self._known.setdefault(symbol, []).append(axis.tag.meaning)

    def of(self, name: Name) -> list[str]:
        """Return the recorded tags of a name, its declared one first."""
        own = [name.meaning] if isinstance(name, OutputSize) and name.meaning is not None else []
        return own + self._known.get(name, [])

    def are_swapped(self, equation: Equation) -> bool:
        """Return whether a size would equal that of an axis whose tag has sizes of its own, or one of another tree."""
        if _are_siblings(equation):
            return True
        if equation.on_axis or isinstance(equation.written, str):
            return False
        expected = self._of_size(equation.expected) | self._of_size(equation.written)
        actual = self._of_size(equation.given)
        return bool(expected and actual) and not expected & actual

    def _of_size(self, size: Size) -> set[str]:
        return {meaning.partition(">")[0] for name in size.symbols() for meaning in self.of(name)}


def _are_siblings(equation: Equation) -> bool:
    """Return whether sizes of two calls measure different sequences, as those of source and target positions do."""
    # what the axes say that declared the sizes, and not those that have them now: a port may be more general
    expected, actual = _declared_meanings(equation.expected), _declared_meanings(equation.given)
    pairs = [(first.split(">"), second.split(">")) for first in expected for second in actual]
    return bool(pairs) and all(
        first[0] == second[0] and first[: len(second)] != second and second[: len(first)] != first
        for first, second in pairs
    )


def _declared_meanings(size: Size) -> set[str]:
    return {name.meaning for name in size.symbols() if isinstance(name, OutputSize) and name.meaning is not None}


def row_size(name: str, index: int) -> Variable:
    """Return the size name of one axis of a row."""
    return Variable(f"*{name}[{index}]")
