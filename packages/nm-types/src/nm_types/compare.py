"""Two relations between types: `refines`, a partial order, and `compare`, the paper's result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nm_types.matching import Matching, match_axes
from nm_types.orders import Order, kind_sizes_clash, order_of_axes, order_of_kinds, sizes_clash
from nm_types.structure import Axis, Row, Structure, Unknown


class Comparison(Enum):
    """How the type of an output relates to the type of an input (Kuchaiev et al. 2019, section 2)."""

    SAME = "same"
    LESS = "less"
    GREATER = "greater"
    DIM_INCOMPATIBLE = "dim_incompatible"
    TRANSPOSE_SAME = "transpose_same"
    INCOMPATIBLE = "incompatible"

    @property
    def fits(self) -> bool:
        """Whether an output may go into an input as it is."""
        return self in (Comparison.SAME, Comparison.LESS)


@dataclass(frozen=True, slots=True)
class Details:
    """A comparison with what messages and casts need.

    Attributes:
        result: the paper's result.
        reason: what decided it: form, rank, kind, tags, sizes, kind sizes, order, or nothing.
        axes: the axes of the output that do not fit, in order.
        matching: how the axes of the output could be laid onto those of the input, where their order is the fault.
    """

    result: Comparison
    reason: str = ""
    axes: tuple[int, ...] = ()
    matching: Matching | None = None


def compare(output: Structure, input: Structure) -> Comparison:
    """How the type of an output relates to the type of an input.

    A name of a size means the same size on both sides; a size that is left out is consistent with any.
    """
    return examine(output, input).result


def examine(output: Structure, input: Structure) -> Details:
    """Compare, and say what decided it."""
    if input.form == "root":
        return Details(Comparison.SAME)
    if output.form == "root":
        return Details(Comparison.GREATER, "form")
    if output.form != input.form:
        return Details(Comparison.INCOMPATIBLE, "form")
    if output.item is not None and input.item is not None:
        return examine(output.item, input.item)
    kinds = order_of_kinds(output.kind, input.kind)
    if kinds is Order.UNRELATED:
        return Details(Comparison.INCOMPATIBLE, "kind")
    if len(output.axes) != len(input.axes):
        return Details(Comparison.INCOMPATIBLE, "rank")
    return _examine_axes(output, input, kinds)


def _examine_axes(output: Structure, input: Structure, kinds: Order) -> Details:
    orders = [order_of_axes(left, right) for left, right in zip(output.axes, input.axes, strict=True)]
    directions = {order for order in (*orders, kinds) if order is not Order.EQUAL}
    if len(directions) > 1 or Order.UNRELATED in directions:
        matching = match_axes(output.axes, input.axes)
        kinds_clash = kind_sizes_clash(output.kind, input.kind)
        if kinds is Order.EQUAL and not kinds_clash and matching.same_tags and matching.sizes_agree:
            return Details(Comparison.TRANSPOSE_SAME, "order", matching.moved, matching)
        wrong = tuple(index for index, order in enumerate(orders) if order in (Order.UNRELATED, Order.GREATER))
        return Details(Comparison.INCOMPATIBLE, "tags" if wrong else "kind", wrong, matching)
    clashing = tuple(
        index
        for index, (left, right) in enumerate(zip(output.axes, input.axes, strict=True))
        if sizes_clash(left, right)
    )
    if clashing:
        return Details(Comparison.DIM_INCOMPATIBLE, "sizes", clashing)
    if kind_sizes_clash(output.kind, input.kind):
        return Details(Comparison.DIM_INCOMPATIBLE, "kind sizes")
    if not directions:
        return Details(Comparison.SAME)
    if Order.LESS in directions:
        return Details(Comparison.LESS)
    wrong = tuple(index for index, order in enumerate(orders) if order is Order.GREATER)
    return Details(Comparison.GREATER, "tags" if wrong else "kind", wrong)


def refines(left: Structure, right: Structure) -> bool:
    """Whether everything of the left type is also of the right type: a partial order with `{}` on top."""
    if right.form == "root":
        return True
    if left.form != right.form or len(left.axes) != len(right.axes):
        return False
    if left.item is not None and right.item is not None:
        return refines(left.item, right.item)
    if right.kind is not None:
        if left.kind is None or not type(left.kind).is_a(type(right.kind)):
            return False
        if any(size is not None and size != left.kind.size(i) for i, size in enumerate(right.kind.sizes)):
            return False
    return all(_axis_refines(a, b) for a, b in zip(left.axes, right.axes, strict=True))


def _axis_refines(left: Axis, right: Axis) -> bool:
    if order_of_axes(left, right) not in (Order.EQUAL, Order.LESS):
        return False
    if isinstance(left, Row) or isinstance(right, Row) or isinstance(right.size, Unknown):
        return True
    return not isinstance(left.size, Unknown) if right.size is None else left.size == right.size
