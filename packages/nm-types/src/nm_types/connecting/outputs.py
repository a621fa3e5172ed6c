"""Output types of a call: solved sizes substituted, unsolved ones owned by the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nm_types.errors import DefinitionError
from nm_types.meanings import BatchTag, Kind, KindVariable
from nm_types.neural_type import NeuralType
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis_of
from nm_types.sizes import Name, Origin, OutputSize, Size, Sum, Variable
from nm_types.solving import Equation, Solution
from nm_types.unifying import BATCH, Unifier, own_kind, plain, row_size

HEAVIEST = 64
"""Atoms of a size. Sizes are written out, and some chains of modules would double them with each module; a larger one
is forgotten, the same one under the same new name: what depends on it is checked when the graph runs."""


class Outputs:
    """Types the outputs of one call; `origin` identifies the sizes that the call creates."""

    def __init__(self, unifier: Unifier, solution: Solution, owner: str) -> None:
        self.templates = unifier.templates
        self.meanings = unifier.meanings
        self.solution = solution
        self.owner = owner
        self.origin = Origin(owner)
        self.forgotten: dict[Size, OutputSize] = {}

    def close(self, outputs: Mapping[str, NeuralType]) -> dict[str, NeuralType]:
        """Return the output types, in which every size has an owner.

        Raises:
            DefinitionError: a row, a variable, a sum or a count stands on an output that no connected input decides.
        """
        for output in outputs.values():
            self._name(output)
        return {name: NeuralType(self._structure(output, name)) for name, output in outputs.items()}

    def _name(self, output: Structure) -> None:
        """Give the call ownership of unsolved names, with the tag of the axis that declares them."""
        for axis in output.axes:
            if isinstance(axis, AxisType) and isinstance(axis.size, Size):
                symbol = axis.size.symbol
                if isinstance(symbol, Variable) and symbol not in self.solution.values:
                    self._own(symbol, None if isinstance(axis.tag, TagVariable) else axis.tag.meaning)
        if output.item is not None:
            self._name(output.item)

    def _own(self, name: Variable, meaning: str | None = None) -> None:
        tag_name = meaning or next(iter(self.meanings.of(name)), None)
        self.solution.values[name] = Size(OutputSize(self.origin, name.name, tag_name))

    def _structure(self, output: Structure, name: str) -> Structure:
        if output.item is not None:
            return Structure("list", item=self._structure(output.item, name))
        axes: list[Axis] = []
        for axis in output.axes:
            if isinstance(axis, Row):
                axes += self._row(axis, name)
            else:
                axes.append(self._axis(axis, name, len(axes)))
        kind = own_kind(self._kind(output.kind, name), self.origin, name, lambda size: self.size(size, name))
        return Structure(output.form, tuple(axes), kind)

    def _kind(self, kind: Kind | None, name: str) -> Kind | None:
        if not isinstance(kind, KindVariable):
            return kind
        if kind.name not in self.templates.kinds:
            raise self._undecided_error(str(kind), name)
        return self.templates.kind_of(kind)

    def _row(self, row: Row, name: str) -> list[AxisType]:
        if row.name not in self.templates.rows:
            raise self._undecided_error(str(row), name)
        axes = self.templates.rows[row.name]
        return [axis_of(axis.tag, self.size(Size(row_size(row.name, i)), name)) for i, axis in enumerate(axes)]

    def _axis(self, axis: AxisType, name: str, index: int) -> AxisType:
        tag = axis.tag
        if isinstance(tag, TagVariable):
            bound_tag = self.templates.tags.get(tag.name)
            if bound_tag is None:
                raise self._undecided_error(str(tag), name)
            tag = bound_tag
        # all batch axes of a call without a size have one size
        if axis.size is None and tag.is_a(BatchTag):
            if BATCH not in self.solution.values:
                self.solution.values[BATCH] = Size(OutputSize(self.origin, "batch", BatchTag.meaning, implicit=True))
            return axis_of(tag, self.size(Size(BATCH), name))
        if axis.size is None or isinstance(axis.size, Unknown):
            return axis_of(tag, Size(OutputSize(self.origin, f"{name}[{index}]", tag.meaning, implicit=True)))
        return axis_of(tag, self.size(plain(axis.size), name))

    def size(self, size: Size, name: str) -> Size:
        """Substitute solved names in a size; unsolved ones become sizes of this call."""
        solved = self.solution.apply(size)
        if solved.weight > HEAVIEST:
            return Size(self.forgotten.setdefault(solved, OutputSize(self.origin, f"{name}.size{len(self.forgotten)}")))
        own = [symbol for symbol in solved.symbols() if not isinstance(symbol, OutputSize)]
        for symbol in own:
            if isinstance(symbol, Sum):
                raise self._undecided_error(str(symbol), name)
            self._own(symbol)
        return self.solution.apply(solved) if own else solved

    def equation(self, equation: Equation) -> Equation:
        """Substitute solved names in an open equation; unsolved ones become sizes of this call."""
        own: dict[Name, Size] = {
            name: Size(OutputSize(self.origin, name.name))
            for name in equation.expected.symbols()
            if isinstance(name, Variable)
        }
        return replace(equation, expected=equation.expected.substitute(own)) if own else equation

    def _undecided_error(self, what: str, name: str) -> DefinitionError:
        return DefinitionError(
            f"{self.owner}.{name}: nothing decides {what}.\n"
            "  A row, a variable or a sum on an output must also stand on an input that is\n"
            "  connected; a count speaks of an input that takes several values."
        )
