"""What the names of sizes mean: the top-level tags of the axes that are exactly as large as a name says."""

from __future__ import annotations

from nm_types.notation import Axis, AxisType, TagVariable
from nm_types.sizes import Name, Rigid, Size, Variable
from nm_types.solving import Equation


class Meanings:
    """What one call learns of the meanings of names."""

    def __init__(self) -> None:
        self._known: dict[Name, list[str]] = {}

    def learn(self, size: Size, one: Axis | None) -> None:
        """Take in that an axis has a size; only names say something, and only axes that have a tag."""
        symbol = size.symbol
        if isinstance(symbol, Variable | Rigid) and isinstance(one, AxisType) and not isinstance(one.tag, TagVariable):
            self._known.setdefault(symbol, []).append(one.tag.meaning)

    def of(self, name: Name) -> list[str]:
        """What a name means, its own meaning first."""
        own = [name.meaning] if isinstance(name, Rigid) and name.meaning is not None else []
        return own + self._known.get(name, [])

    def are_swapped(self, equation: Equation) -> bool:
        """Whether a size of the values would equal a size of an axis with an unrelated meaning."""
        if equation.on_axis or isinstance(equation.written, str):
            return False
        expected = self._of_size(equation.expected) | self._of_size(equation.written)
        given = self._of_size(equation.given)
        return bool(expected and given) and not expected & given

    def _of_size(self, size: Size) -> set[str]:
        return {meaning for name in size.symbols() for meaning in self.of(name)}
