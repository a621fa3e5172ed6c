"""Types as plain data, for files: written from structures and read back, with qualified ids."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from nm_types.errors import TypeSyntaxError
from nm_types.meanings import Kind, KindVariable, Nominal, Scope, Tag, scope_of
from nm_types.notation.axes import Axis, AxisType, Row, TagVariable, Unknown
from nm_types.notation.reading import check_axes
from nm_types.notation.structure import Structure
from nm_types.sizes import Expression

DEEPEST = 100
"""Lists in lists: files of strangers are read too."""


def to_dict(structure: Structure) -> dict[str, Any]:
    """Convert a declared type to plain data with qualified ids; `from_dict` reads it back."""
    if structure.form == "root":
        return {}
    if structure.item is not None:
        return {"list": to_dict(structure.item)}
    data: dict[str, Any] = {}
    if structure.form == "tensor":
        data["axes"] = [_axis_to_dict(axis) for axis in structure.axes]
    if structure.kind is not None:
        kind: dict[str, Any] = {"kind": type(structure.kind).id}
        if isinstance(structure.kind, KindVariable):
            kind = {"variable": structure.kind.name} | ({"summed": True} if structure.kind.summed else {})
        if structure.kind.sizes:
            kind["sizes"] = [None if size is None else _size_to_data(size) for size in structure.kind.sizes]
        data["values"] = kind
    return data


def _axis_to_dict(axis: Axis) -> dict[str, Any]:
    if isinstance(axis, Row):
        return {"row": axis.name}
    if isinstance(axis.tag, Nominal):
        data: dict[str, Any] = {"tag": axis.tag.id}
    else:
        data = {"variable": axis.tag.name} | ({"bound": axis.tag.bound.id} if axis.tag.bound else {})
    return data if axis.size is None else data | {"size": _size_to_data(axis.size)}


def _size_to_data(size: Expression | Unknown) -> int | str:
    value = getattr(size, "value", None)
    return value if isinstance(value, int) else str(size)


def from_dict(
    data: Mapping[str, Any], tags: tuple[type[Tag], ...] = (), kinds: tuple[type[Kind], ...] = ()
) -> Structure:
    """Read a structure from the plain data of `to_dict`.

    Raises:
        TypeSyntaxError: the data is not of that form.
        UnknownNameError: it names a tag or a kind that is not in scope.
    """
    return _from_data(data, scope_of(tags, kinds), DEEPEST)


def _from_data(data: object, scope: Scope, depth: int) -> Structure:
    fields = _fields(data, ("axes", "values", "list"))
    if not fields:
        return Structure("root")
    if "list" in fields:
        # the depth is bounded, since JSON of strangers can nest beyond the recursion limit
        if len(fields) > 1 or depth == 0:
            raise _no_data(data, f"a list stands alone, and at most {DEEPEST} deep")
        return Structure("list", item=_from_data(fields["list"], scope, depth - 1))
    kind = _kind_from_data(fields["values"], scope) if "values" in fields else None
    if "axes" not in fields:
        if kind is None or kind.dtype != "object":
            raise _no_data(data, "without axes it needs the values of an object kind")
        return Structure("object", kind=kind)
    if not isinstance(fields["axes"], list | tuple) or (kind is not None and kind.dtype == "object"):
        raise _no_data(data, "axes are a list, and objects have none")
    axes = tuple(_axis_from_data(axis, scope) for axis in fields["axes"])
    check_axes(axes, " ".join(map(str, axes)))
    return Structure("tensor", axes, kind)


def _kind_from_data(data: object, scope: Scope) -> Kind:
    if isinstance(data, Mapping) and "variable" in data:
        variable = _fields(data, ("variable", "summed"), "variable")
        return KindVariable(variable["variable"], summed=variable.get("summed") is True)
    fields = _fields(data, ("kind", "sizes"), "kind")
    sizes = fields.get("sizes", [])
    if not isinstance(sizes, list | tuple) or not all(size is None or isinstance(size, int | str) for size in sizes):
        raise _no_data(data, "sizes are a list of numbers, texts and nulls")
    return scope.kind(fields["kind"])(*sizes)


def _axis_from_data(data: object, scope: Scope) -> Axis:
    named = next((key for key in ("row", "variable", "tag") if isinstance(data, Mapping) and key in data), "tag")
    if named == "row":
        return Row(_fields(data, ("row",), "row")["row"])
    fields = _fields(data, ("tag", "size") if named == "tag" else ("variable", "bound", "size"), named)
    size = fields.get("size")
    if size is not None and not isinstance(size, int | str):
        raise _no_data(data, "a size is a number or a text")
    if named == "tag":
        return AxisType(scope.tag(fields["tag"]), size)
    bound = fields.get("bound")
    return AxisType(TagVariable(fields["variable"], scope.tag(bound) if bound else None), size)


def _fields(data: object, allowed: tuple[str, ...], needed: str = "") -> Mapping[str, Any]:
    """Return the fields of a mapping, or raise an error if some are unknown or `needed` is no text."""
    if not isinstance(data, Mapping) or not set(data) <= set(allowed):
        raise _no_data(data, f"expected an object with {', '.join(allowed)}")
    if needed and not isinstance(data.get(needed), str):
        raise _no_data(data, f'"{needed}" must be a text')
    return data


def _no_data(data: object, what: str) -> TypeSyntaxError:
    return TypeSyntaxError(f"{reprlib.repr(data)} is no neural type as data: {what}.")
