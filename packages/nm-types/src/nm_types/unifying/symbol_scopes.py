"""Ownership of sizes: in the type of a value, every named or omitted size belongs to its producer."""

from __future__ import annotations

from collections.abc import Callable

from nm_types.errors import BindingError, DefinitionError
from nm_types.meanings import BatchTag, Kind, KindVariable, kind_of
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis_of
from nm_types.sizes import Expression, Name, Origin, OutputSize, Size, Variable


def plain(size: Expression | Unknown | None) -> Size:
    """Return a size, or raise an error if it has unbound parameters."""
    if isinstance(size, Size):
        return size
    raise BindingError(f"{size}: parameters in braces must have values before a type is connected: type.bind(params).")


def is_owned(structure: Structure) -> bool:
    """Return whether every size of a type has an owner."""
    if structure.item is not None:
        return is_owned(structure.item)
    for axis in structure.axes:
        if not isinstance(axis, AxisType) or not isinstance(axis.size, Size) or not _is_owned(axis.size):
            return False
    kind = structure.kind
    if kind is None or not type(kind).parameters:
        return not isinstance(kind, KindVariable)
    return len(kind.sizes) == len(type(kind).parameters) and all(
        isinstance(size, Size) and _is_owned(size) for size in kind.sizes
    )


def own_sizes(structure: Structure, origin: Origin, port: str) -> Structure:
    """Give every size of a type without an owner to `origin`."""
    if structure.item is not None:
        return Structure("list", item=own_sizes(structure.item, origin, port))
    if isinstance(structure.kind, KindVariable):
        raise DefinitionError(
            f"{origin.owner}: {structure.kind} stands for many kinds; a value has one. Name its kind."
        )
    axes = tuple(_own_axis(axis, origin, f"{port}[{index}]") for index, axis in enumerate(structure.axes))
    return Structure(
        structure.form, axes, own_kind(structure.kind, origin, port, lambda size: _own_size(size, origin, None))
    )


def own_kind(kind: Kind | None, origin: Origin, port: str, own: Callable[[Size], Size]) -> Kind | None:
    """Give every size of a kind an owner: named ones by `own`, omitted ones to `origin`."""
    if kind is None:
        return None
    sizes = []
    for index, parameter in enumerate(type(kind).parameters):
        size = kind.size(index)
        unknown = OutputSize(origin, f"{port}.{parameter}", implicit=True)
        sizes.append(Size(unknown) if size is None else own(plain(size)))
    return kind_of(type(kind), sizes) if sizes else kind


def _own_axis(axis: Axis, origin: Origin, name: str) -> Axis:
    if isinstance(axis, Row) or isinstance(axis.tag, TagVariable):
        raise DefinitionError(f"{origin.owner}: {axis} stands for many meanings; a value has one. Name its tag.")
    if axis.size is None or isinstance(axis.size, Unknown):
        # an omitted batch size is one size for the whole call, other omitted sizes are unrelated
        batch = axis.size is None and axis.tag.is_a(BatchTag)
        return axis_of(axis.tag, Size(OutputSize(origin, "batch" if batch else name, axis.tag.meaning, implicit=True)))
    return axis_of(axis.tag, _own_size(plain(axis.size), origin, axis.tag.meaning))


def _own_size(size: Size, origin: Origin, meaning: str | None) -> Size:
    own = size.symbol
    names: dict[Name, Size] = {
        name: Size(OutputSize(origin, name.name, meaning if name == own else None))
        for name in size.symbols()
        if isinstance(name, Variable)
    }
    return size.substitute(names)


def _is_owned(size: Size) -> bool:
    return not size.terms or not any(isinstance(name, Variable) for name in size.symbols())
