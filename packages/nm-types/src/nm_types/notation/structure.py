"""The immutable structure of a neural type: form, axes and kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from nm_types.frozen import Frozen, fill
from nm_types.meanings import Kind
from nm_types.notation.axes import Axis, AxisType, Unknown
from nm_types.sizes import Expression

Form = Literal["root", "tensor", "object", "list"]


class Structure(Frozen):
    """The parts of a type: form, axes, kind, item; `NeuralType` adds notation and queries."""

    __slots__ = ("_hash", "axes", "form", "item", "kind")

    form: Form
    axes: tuple[Axis, ...]
    kind: Kind | None
    item: Structure | None
    _hash: int | None

    def __init__(
        self, form: Form, axes: tuple[Axis, ...] = (), kind: Kind | None = None, item: Structure | None = None
    ) -> None:
        self._fill(form, axes, kind, item)

    def _fill(self, form: Form, axes: tuple[Axis, ...], kind: Kind | None, item: Structure | None) -> None:
        fill(self, "form", form)
        fill(self, "axes", axes)
        fill(self, "kind", kind)
        fill(self, "item", item)
        fill(self, "_hash", None)

    def all_sizes(self) -> Iterator[Expression]:
        """Yield its sizes: those of axes, then of the kind; of a list, those of its items."""
        if self.item is not None:
            yield from self.item.all_sizes()
        for axis in self.axes:
            if isinstance(axis, AxisType) and axis.size is not None and not isinstance(axis.size, Unknown):
                yield axis.size
        if self.kind is not None:
            yield from (size for size in self.kind.sizes if size is not None)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Structure):
            return NotImplemented
        return (
            self.form == other.form and self.axes == other.axes and self.kind == other.kind and self.item == other.item
        )

    def __hash__(self) -> int:
        if self._hash is None:
            fill(self, "_hash", hash((self.form, self.axes, self.kind, self.item)))
        return cast("int", self._hash)

    def __repr__(self) -> str:
        return f'{type(self).__name__}("{self}")'

    def __str__(self) -> str:
        if self.form == "root":
            return "{}"
        if self.form == "object":
            return f"object {self.kind}"
        if self.form == "list":
            return f"list[{self.item}]"
        axes = " ".join(map(str, self.axes))
        return axes if self.kind is None else f"{axes} ; {self.kind}".lstrip()
