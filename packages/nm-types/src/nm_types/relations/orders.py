"""Partial orders of names, axes and kinds, on which every comparison builds."""

from __future__ import annotations

from typing import Final

from nm_types.meanings import Kind, KindVariable, Nominal
from nm_types.notation import Axis, AxisType, Row, TagVariable
from nm_types.sizes import Size, clash

# How two names relate; small numbers, so that the orders of many axes can be joined with |.
EQUAL: Final = 0
LESS: Final = 1
GREATER: Final = 2
UNRELATED: Final = 4


def order_of_names(output: Nominal, input: Nominal) -> int:
    """Compare two tags or two kinds by their position in the tree."""
    if output is input or output.chain == input.chain:
        return EQUAL
    if output.is_a(input):
        return LESS
    return GREATER if input.is_a(output) else UNRELATED


def order_of_kinds(output: Kind | None, input: Kind | None) -> int:
    """Compare two kinds; an omitted kind is consistent with any, a kind variable is equal only to itself."""
    if output is None or input is None:
        return EQUAL
    if isinstance(output, KindVariable) or isinstance(input, KindVariable):
        return EQUAL if output == input else UNRELATED
    return order_of_names(type(output), type(input))


def order_of_axes(output: Axis, input: Axis) -> int:
    """Compare the tags of two axes; a row or a tag variable is equal only to itself."""
    if isinstance(output, Row) or isinstance(input, Row):
        return EQUAL if output == input else UNRELATED
    lower, upper = output.tag, input.tag
    if isinstance(lower, TagVariable):
        if lower == upper:
            return EQUAL
        below = lower.bound is not None and not isinstance(upper, TagVariable) and lower.bound.is_a(upper)
        return LESS if below else UNRELATED
    if isinstance(upper, TagVariable):
        return GREATER if upper.bound is not None and upper.bound.is_a(lower) else UNRELATED
    return order_of_names(lower, upper)


def sizes_clash(output: Axis, input: Axis) -> bool:
    """Return whether the sizes of two axes are provably different."""
    if isinstance(output, AxisType) and isinstance(input, AxisType):
        first, second = output.size, input.size
        return isinstance(first, Size) and isinstance(second, Size) and clash(first, second)
    return False


def kind_sizes_clash(output: Kind | None, input: Kind | None) -> bool:
    """Return whether some size of two kinds is provably different."""
    if output is None or input is None:
        return False
    return any(
        isinstance(first, Size) and isinstance(second, Size) and clash(first, second)
        for first, second in zip(output.sizes, input.sizes, strict=False)
    )
