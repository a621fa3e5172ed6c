"""Slots: the values that go into a module and come out of it in one use, with the sizes that their types ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nm_types import AxisType, BatchTag, Features, Kind, NeuralType, Size, Tag
from nm_types.meanings import KindVariable
from nm_types.notation import Axis, Row, Structure, TagVariable
from nm_types.sizes import Floor, Product, Variable
from nm_types.unifying import LocalNames, plain, row_size

BATCH = "B"


class AnythingTag(Tag, id="nm_core.Anything"):
    """The tag of an axis whose meaning a module leaves open."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of one use of a module.

    Attributes:
        port: the port that it belongs to, `xs`.
        name: its own name, `xs[1]` for an element of a variadic port.
        type: its type, in which each row is written out as axes.
        is_output: whether it comes out; an output may have the name of an input.
    """

    port: str
    name: str
    type: NeuralType
    is_output: bool = False

    @property
    def core(self) -> NeuralType:
        """The type of what it holds, inside all lists."""
        inner = self.type
        while inner.item is not None:
            inner = inner.item
        return inner

    def axes(self) -> tuple[AxisType, ...]:
        """Its axes; of a value whose type says nothing, those that are invented for it."""
        if self.type.is_root:
            return tuple(AxisType(tag) for tag in (BatchTag, AnythingTag, AnythingTag))
        return tuple(axis for axis in self.core.axes if isinstance(axis, AxisType))

    def sizes(self) -> tuple[Size, ...]:
        """The size of each axis by its type; one without a size has a name of its own, `axis 1 of x`."""
        names = LocalNames()
        sizes = [names.size_of(axis, self.name) for axis in self.axes()]
        return tuple(self._own(f"axis {index}") if size is None else size for index, size in enumerate(sizes))

    def kind_size(self) -> Size | None:
        """The size of its kind of values: the classes of labels, the axis that lengths measure; None has no meaning."""
        kind = self.core.kind
        if kind is None or not type(kind).parameters:
            return None
        size = kind.size(0)
        return self._own(type(kind).parameters[0]) if size is None else LocalNames().local(plain(size), self.name)

    def _own(self, what: str) -> Size:
        return Size(Variable(f"{what} of {'output ' if self.is_output else ''}{self.name}"))


def written_out(type: Structure, rows: Mapping[str, int]) -> NeuralType:
    """Return a type with axes in the place of its rows; a row that no input decides stays."""
    if type.item is not None:
        return NeuralType(Structure("list", item=written_out(type.item, rows)))
    axes: list[Axis] = []
    for axis in type.axes:
        if isinstance(axis, Row) and axis.name in rows:
            tag = TagVariable(axis.name.title())
            axes += [AxisType(tag, Size(row_size(axis.name, index))) for index in range(rows[axis.name])]
        else:
            axes.append(axis)
    # any kind will do where the call decides, and features go everywhere
    kind = Features() if isinstance(type.kind, KindVariable) else type.kind
    return NeuralType(Structure(type.form, tuple(axes), kind))


def concrete(slot: Slot, sizes: Mapping[str, int]) -> NeuralType:
    """Return the type of one value that fits a slot: a tag for each tag variable, a number for each size."""
    if slot.type.form != "tensor":
        return slot.type
    axes = []
    for axis, size in zip(slot.axes(), slot.sizes(), strict=True):
        tag = axis.tag.bound or AnythingTag if isinstance(axis.tag, TagVariable) else axis.tag
        axes.append(AxisType(tag, size.evaluate(sizes)))
    kind, kind_size = slot.core.kind, slot.kind_size()
    settled: Kind | None = kind if kind is None or kind_size is None else type(kind)(kind_size.evaluate(sizes))
    return NeuralType(Structure("tensor", tuple(axes), settled))


def divisors(size: Size) -> Iterator[tuple[str, int]]:
    """Yield the names inside floor divisions, each with its divisor."""
    for atom in size.terms:
        factors = [factor for factor, _ in atom.factors] if isinstance(atom, Product) else [atom]
        for factor in factors:
            if isinstance(factor, Floor):
                yield from ((str(name), factor.divisor) for name in factor.numerator.symbols())
                yield from divisors(factor.numerator)


__all__ = ["AnythingTag", "BATCH", "Slot", "concrete", "divisors", "written_out"]
