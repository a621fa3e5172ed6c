"""Rows: the axes of a port laid onto those of a value; a row takes what the other axes leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from nm_types.meanings import Tag
from nm_types.notation import Axis, AxisType, Row, TagVariable, axis
from nm_types.relations import EQUAL, LESS, order_of_axes
from nm_types.unifying.misfit import Reason


class Spread(NamedTuple):
    """The axes of a port laid onto those of a value.

    Attributes:
        axes: the port's axis for each axis of the value; None where a row takes it.
        rows: the rows, each with the first and the last but one axis it takes.
    """

    axes: tuple[Axis | None, ...]
    rows: tuple[tuple[str, int, int], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether some axis may have any tag."""
        tags = [one.tag for one in self.axes if isinstance(one, AxisType)]
        return bool(self.rows) or any(isinstance(tag, TagVariable) and tag.bound is None for tag in tags)

    def concrete(self, given: Sequence[Axis]) -> tuple[Axis, ...]:
        """The port's axes with a bound in the place of its variable, and the value's own where anything fits."""
        return tuple(_concrete(one, value) for one, value in zip(self.axes, given, strict=True))


def spread_axes(expected: Sequence[Axis], given: Sequence[Axis]) -> Spread | Reason:
    """Lay the axes of a port onto those of a value: rows take what the other axes leave."""
    places = [i for i, one in enumerate(expected) if isinstance(one, Row)]
    left = len(given) - len(expected) + len(places)
    if not places:
        return Spread(tuple(expected)) if left == 0 else "rank"
    if left < 0:
        return "rank"
    first = left
    if len(places) == 2:
        anchor = expected[places[0] + 1]
        found = [k for k in range(left + 1) if _is_anchor(anchor, given[places[0] + k])]
        if len(found) != 1:
            return "anchors" if found else "anchor"
        first = found[0]
    lengths = dict(zip(places, (first, left - first), strict=False))
    laid: list[Axis | None] = []
    rows: list[tuple[str, int, int]] = []
    for i, one in enumerate(expected):
        if isinstance(one, Row):
            rows.append((one.name, len(laid), len(laid) + lengths[i]))
            laid += [None] * lengths[i]
        else:
            laid.append(one)
    return Spread(tuple(laid), tuple(rows))


def laid_out(expected: Sequence[Axis], given: Sequence[Axis]) -> tuple[Axis, ...] | None:
    """The axes of a port with a row repeated for each axis that it takes, or None where rows cannot be laid out."""
    rows = {one.name: one for one in expected if isinstance(one, Row)}
    if not rows:
        return tuple(expected)
    spread = spread_axes(expected, given)
    if not isinstance(spread, Spread):
        return None
    laid = list(spread.axes)
    for name, start, stop in spread.rows:
        laid[start:stop] = [rows[name]] * (stop - start)
    return tuple(cast("Axis", one) for one in laid)


def join_rows(left: tuple[AxisType, ...], right: tuple[AxisType, ...]) -> tuple[AxisType, ...] | None:
    """The nearest common ancestors of two rows of axes, or None where they have none."""
    if left is right:
        return left
    if len(left) != len(right):
        return None
    joined = []
    for one, other in zip(left, right, strict=True):
        tag = cast("type[Tag]", one.tag).join(cast("type[Tag]", other.tag))
        if tag is None:
            return None
        joined.append(axis(cast("type[Tag]", tag), one.size))
    return tuple(joined)


def _concrete(one: Axis | None, value: Axis) -> Axis:
    if one is None or isinstance(one, Row):
        return value
    if isinstance(one.tag, TagVariable):
        own = cast("AxisType", value).tag if one.tag.bound is None else one.tag.bound
        return axis(own, one.size)
    return one


def _is_anchor(anchor: Axis, value: Axis) -> bool:
    return order_of_axes(value, _concrete(anchor, value)) in (EQUAL, LESS)
