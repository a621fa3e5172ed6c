"""Orders of axes in which a value would fit a port that has rows or tag variables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import cast

from nm_types.meanings import Tag
from nm_types.notation import Axis, AxisType, Row, TagVariable
from nm_types.relations import LESS, Permutation, order_of_axes, orders_of_choices
from nm_types.unifying.templates import Templates

OpenAxis = AxisType | None
"""An axis that a port asks for; None where any may stand."""


def orders_at_rows(expected: Sequence[Axis], actual: Sequence[AxisType], templates: Templates) -> list[Permutation]:
    """Return the orders that tags allow, two at most; axis i of the port takes axis `order[i]` of the value.

    Rows and tag variables stand for what the call has bound them to. A row that nothing has bound takes any axes, so
    that a port with two such rows allows no order that could be told from the others.

    Args:
        expected: the axes of the port.
        actual: the axes of the value, in the order that does not fit.
        templates: the bindings of the call so far.
    """
    laid = _lay_out(expected, len(actual), templates)
    if laid is None or len(laid) != len(actual):
        return []
    choices = [[j for j, value in enumerate(actual) if _fits(axis, in_row, value, templates)] for axis, in_row in laid]
    return list(islice(orders_of_choices(choices), 2))


def stable_order(expected: Sequence[Axis], actual: Sequence[AxisType], templates: Templates) -> Permutation | None:
    """Return the order that moves the axes outside of a row and keeps those of the row as they stand, or None.

    It is one of several where the row takes two axes or more, so that it may be proposed and is never chosen.
    """
    rows = [axis.name for axis in expected if isinstance(axis, Row)]
    if len(rows) != 1 or rows[0] in templates.rows:
        return None
    fixed = [axis for axis in expected if isinstance(axis, AxisType)]
    choices = [[j for j, value in enumerate(actual) if _fits(axis, False, value, templates)] for axis in fixed]
    orders = list(islice(orders_of_choices(choices), 2))
    if len(orders) != 1:
        return None
    chosen = iter(orders[0])
    rest = [j for j in range(len(actual)) if j not in orders[0]]
    return tuple(j for axis in expected for j in (rest if isinstance(axis, Row) else (next(chosen),)))


def _lay_out(expected: Sequence[Axis], count: int, templates: Templates) -> list[tuple[OpenAxis, bool]] | None:
    """Return the axes of a port, each with whether it stands in a row, or None where two rows are unbound."""
    unbound = [axis for axis in expected if isinstance(axis, Row) and axis.name not in templates.rows]
    if len(unbound) > 1:
        return None
    laid: list[tuple[OpenAxis, bool]] = []
    for axis in expected:
        if isinstance(axis, AxisType):
            laid.append((axis, False))
        elif axis.name in templates.rows:
            laid += [(own, True) for own in templates.rows[axis.name]]
        else:
            bound = sum(len(templates.rows[row.name]) if row.name in templates.rows else 0 for row in _rows(expected))
            laid += [(None, True)] * (count - bound - len(expected) + len(_rows(expected)))
    return laid


def _rows(axes: Sequence[Axis]) -> list[Row]:
    return [axis for axis in axes if isinstance(axis, Row)]


def _fits(axis: OpenAxis, in_row: bool, value: AxisType, templates: Templates) -> bool:
    """Return whether an axis of a value may stand for one of a port."""
    if axis is None:
        return True
    own = cast("type[Tag]", value.tag)
    if in_row:
        return cast("type[Tag]", axis.tag).join(own) is not None
    if not isinstance(axis.tag, TagVariable):
        return order_of_axes(value, axis) <= LESS
    bound = templates.tags.get(axis.tag.name)
    return (axis.tag.bound is None or own.is_a(axis.tag.bound)) and (bound is None or bound.join(own) is not None)
