"""From types of values to types of ports: sizes of calls become names again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from nm_types.meanings import BatchTag, Kind, Nominal
from nm_types.neural_type import NeuralType
from nm_types.notation import Axis, AxisType, Row, Structure, axis_of
from nm_types.sizes import Name, OutputSize, Size, Variable


def release_sizes(types: Mapping[str, NeuralType]) -> dict[str, NeuralType]:
    """Turn types of values into port types of one module.

    A size of a call becomes a name, one and the same in all of the types; one that nobody named and that stands in one
    place is left out, and so is that of the batch where all are of one size.
    """
    counts = Counter(name for type in types.values() for name in _places(type))
    batches = Counter(size for type in types.values() for size in _batches(type))
    used: set[str] = set()
    names: dict[Name, Size] = {}
    omitted: set[Name] = set()
    for name in counts:
        of_batch = batches[Size(name)]
        if (len(batches) == 1 and of_batch == counts[name]) or (name.implicit and not of_batch and counts[name] == 1):
            omitted.add(name)
        else:
            names[name] = Size(Variable(_free(name, used)))
    return {port: NeuralType(_release_structure(type, names, omitted)) for port, type in types.items()}


def with_sizes(type: NeuralType, sizes: Mapping[Name, Size]) -> NeuralType:
    """Substitute sizes for names in a type."""
    return NeuralType(_release_structure(type, sizes, set()))


def _release_structure(type: Structure, names: Mapping[Name, Size], omitted: set[Name]) -> Structure:
    if type.item is not None:
        return Structure("list", item=_release_structure(type.item, names, omitted))
    kind = type.kind
    if kind is not None and kind.sizes:
        kind = _kind(kind, names, omitted)
    return Structure(type.form, tuple(_axis(axis, names, omitted) for axis in type.axes), kind)


def _axis(axis: Axis, names: Mapping[Name, Size], omitted: set[Name]) -> Axis:
    if isinstance(axis, Row) or not isinstance(axis.size, Size):
        return axis
    return axis_of(axis.tag, _size(axis.size, names, omitted))


def _kind(kind: Kind, names: Mapping[Name, Size], omitted: set[Name]) -> Kind:
    return type(kind)(*(_size(size, names, omitted) if isinstance(size, Size) else size for size in kind.sizes))


def _size(size: Size, names: Mapping[Name, Size], omitted: set[Name]) -> Size | None:
    return None if size.symbol in omitted else size.substitute(names)


def _places(type: Structure) -> Iterator[OutputSize]:
    """Yield the output sizes in a type, once per occurrence; twice in a derived size, which needs their names."""
    for size in type.all_sizes():
        if isinstance(size, Size):
            names = sorted((name for name in size.symbols() if isinstance(name, OutputSize)), key=str)
            # a name inside an expression counts twice: it cannot be left out of the notation
            yield from names if size.symbol is not None else (*names, *names)


def _batches(type: Structure) -> Iterator[Size]:
    """Yield the sizes of batch axes."""
    for axis in type.axes:
        if isinstance(axis, AxisType) and isinstance(axis.tag, Nominal) and axis.tag.is_a(BatchTag):
            yield axis.size if isinstance(axis.size, Size) else Size(0)


def _free(name: OutputSize, used: set[str]) -> str:
    """Return an unused name, the size's own if it has one."""
    base = name.name.rpartition(".")[2].partition("[")[0]
    base = "n" if name.implicit or not base.isidentifier() or base.endswith("_i") else base
    candidate, number = base, 1
    while candidate in used:
        number += 1
        candidate = f"{base}{number}"
    used.add(candidate)
    return candidate
