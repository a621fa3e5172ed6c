"""Two relations between types: `refines`, a partial order, and `compare`, the paper's result."""

from __future__ import annotations

from enum import Enum
from functools import reduce
from operator import or_
from typing import NamedTuple

from nm_types.notation import Axis, Row, Structure, Unknown
from nm_types.relations.matching import is_reordered
from nm_types.relations.orders import (
    EQUAL,
    GREATER,
    LESS,
    UNRELATED,
    kind_sizes_clash,
    order_of_axes,
    order_of_kinds,
    sizes_clash,
)


class Comparison(Enum):
    """The relation of an output type to an input type (Kuchaiev et al. 2019, section 2)."""

    SAME = "same"
    LESS = "less"
    GREATER = "greater"
    DIM_INCOMPATIBLE = "dim_incompatible"
    TRANSPOSE_SAME = "transpose_same"
    INCOMPATIBLE = "incompatible"

    @property
    def fits(self) -> bool:
        """Return whether an output may go into an input as it is."""
        return self in (Comparison.SAME, Comparison.LESS)


class Details(NamedTuple):
    """A comparison with the reason for it, for messages and casts.

    Attributes:
        result: the paper's result.
        reason: what decided it: form, rank, kind, tags, order, sizes, kind sizes, or nothing.
        axes: the axes of the output that do not fit, in order.
    """

    result: Comparison
    reason: str = ""
    axes: tuple[int, ...] = ()


SAME = Details(Comparison.SAME)
LOWER = Details(Comparison.LESS)


def compare(output: Structure, input: Structure) -> Comparison:
    """Compare an output type with an input type.

    A name of a size means the same size on both sides; a size that is left out is consistent with any.
    """
    return examine(output, input).result


def examine(output: Structure, input: Structure) -> Details:
    """Compare two types and return the reason, too."""
    if input.form == "root":
        return SAME
    if output.form == "root":
        return Details(Comparison.GREATER, "form")
    if output.form != input.form:
        return Details(Comparison.INCOMPATIBLE, "form")
    if output.item is not None and input.item is not None:
        return examine(output.item, input.item)
    kinds = order_of_kinds(output.kind, input.kind)
    if kinds == UNRELATED:
        return Details(Comparison.INCOMPATIBLE, "kind")
    if len(output.axes) != len(input.axes):
        return Details(Comparison.INCOMPATIBLE, "rank")
    return _examine_axes(output, input, kinds)


def _examine_axes(output: Structure, input: Structure, kinds: int) -> Details:
    orders = [order_of_axes(first, second) for first, second in zip(output.axes, input.axes, strict=True)]
    # orders are bit sets: LESS | GREATER is neither, and means incomparable
    direction = reduce(or_, orders, kinds)
    if direction not in (EQUAL, LESS, GREATER):
        kinds_agree = kinds == EQUAL and not kind_sizes_clash(output.kind, input.kind)
        if kinds_agree and is_reordered(output.axes, input.axes):
            return Details(Comparison.TRANSPOSE_SAME, "order")
        return Details(Comparison.INCOMPATIBLE, *_wrong(orders))
    clashing = [sizes_clash(first, second) for first, second in zip(output.axes, input.axes, strict=True)]
    if True in clashing:
        return Details(Comparison.DIM_INCOMPATIBLE, "sizes", tuple(i for i, bad in enumerate(clashing) if bad))
    if kind_sizes_clash(output.kind, input.kind):
        return Details(Comparison.DIM_INCOMPATIBLE, "kind sizes")
    if direction == GREATER:
        return Details(Comparison.GREATER, *_wrong(orders))
    return SAME if direction == EQUAL else LOWER


def _wrong(orders: list[int]) -> tuple[str, tuple[int, ...]]:
    axes = tuple(index for index, order in enumerate(orders) if order >= GREATER)
    return "tags" if axes else "kind", axes


def refines(narrow: Structure, broad: Structure) -> bool:
    """Return whether every value of the first type is also of the second: a partial order with `{}` on top."""
    if broad.form == "root":
        return True
    if narrow.form != broad.form or len(narrow.axes) != len(broad.axes):
        return False
    if narrow.item is not None and broad.item is not None:
        return refines(narrow.item, broad.item)
    if broad.kind is not None:
        if narrow.kind is None or order_of_kinds(narrow.kind, broad.kind) not in (EQUAL, LESS):
            return False
        if any(size is not None and size != narrow.kind.size(i) for i, size in enumerate(broad.kind.sizes)):
            return False
    return all(_axis_refines(a, b) for a, b in zip(narrow.axes, broad.axes, strict=True))


def _axis_refines(narrow: Axis, broad: Axis) -> bool:
    if order_of_axes(narrow, broad) not in (EQUAL, LESS):
        return False
    if isinstance(narrow, Row) or isinstance(broad, Row) or isinstance(broad.size, Unknown):
        return True
    return not isinstance(narrow.size, Unknown) if broad.size is None else narrow.size == broad.size
