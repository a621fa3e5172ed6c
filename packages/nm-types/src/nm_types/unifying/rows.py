"""Rows: aligns the axes of a port with those of a value; a row spans what the other axes leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from nm_types.meanings import Tag
from nm_types.notation import Axis, AxisType, Row, TagVariable, axis_of
from nm_types.relations import EQUAL, LESS, order_of_axes
from nm_types.unifying.misfit import Reason


class Spread(NamedTuple):
    """The axes of a port aligned with those of a value.

    Attributes:
        axes: the port's axis for each axis of the value; None where a row takes it.
        rows: the rows, each with the first and the last but one axis it takes.
    """

    axes: tuple[Axis | None, ...]
    rows: tuple[tuple[str, int, int], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether some axis may have any tag."""
        tags = [axis.tag for axis in self.axes if isinstance(axis, AxisType)]
        return bool(self.rows) or any(isinstance(tag, TagVariable) and tag.bound is None for tag in tags)

    def concrete(self, actual: Sequence[Axis]) -> tuple[Axis, ...]:
        """Return the port's axes with tag variables replaced by their bounds, and the value's axes where any fit."""
        return tuple(_concrete(axis, value) for axis, value in zip(self.axes, actual, strict=True))


def spread_axes(expected: Sequence[Axis], actual: Sequence[Axis]) -> Spread | Reason:
    """Align the axes of a port with those of a value; return the reason if they cannot be."""
    places = [i for i, axis in enumerate(expected) if isinstance(axis, Row)]
    spare = len(actual) - len(expected) + len(places)
    if not places:
        return Spread(tuple(expected)) if spare == 0 else "rank"
    if spare < 0:
        return "rank"
    first = spare
    # two rows share the spare axes; only the tag of the axis between them says where to split
    if len(places) == 2:
        anchor = expected[places[0] + 1]
        if isinstance(anchor, Row):
            return "anchor"
        matches = [k for k in range(spare + 1) if _is_anchor(anchor, actual[places[0] + k])]
        if len(matches) != 1:
            return "anchors" if matches else "anchor"
        first = matches[0]
    lengths = dict(zip(places, (first, spare - first), strict=False))
    laid: list[Axis | None] = []
    rows: list[tuple[str, int, int]] = []
    for i, axis in enumerate(expected):
        if isinstance(axis, Row):
            rows.append((axis.name, len(laid), len(laid) + lengths[i]))
            laid += [None] * lengths[i]
        else:
            laid.append(axis)
    return Spread(tuple(laid), tuple(rows))


def lay_out_rows(expected: Sequence[Axis], actual: Sequence[Axis]) -> tuple[Axis, ...] | None:
    """Return the axes of a port with rows repeated for each axis they span, or None."""
    rows = {axis.name: axis for axis in expected if isinstance(axis, Row)}
    if not rows:
        return tuple(expected)
    spread = spread_axes(expected, actual)
    if not isinstance(spread, Spread):
        return None
    laid = list(spread.axes)
    for name, start, stop in spread.rows:
        laid[start:stop] = [rows[name]] * (stop - start)
    return tuple(cast("Axis", axis) for axis in laid)


def join_rows(first: tuple[AxisType, ...], second: tuple[AxisType, ...]) -> tuple[AxisType, ...] | None:
    """Return the nearest common ancestors of two rows of axes, or None."""
    if first is second:
        return first
    if len(first) != len(second):
        return None
    joined = []
    for a, b in zip(first, second, strict=True):
        tag = cast("type[Tag]", a.tag).join(cast("type[Tag]", b.tag))
        if tag is None:
            return None
        joined.append(axis_of(cast("type[Tag]", tag), a.size))
    return tuple(joined)


def _concrete(axis: Axis | None, value: Axis) -> Axis:
    if axis is None or isinstance(axis, Row):
        return value
    if isinstance(axis.tag, TagVariable):
        own = cast("AxisType", value).tag if axis.tag.bound is None else axis.tag.bound
        return axis_of(own, axis.size)
    return axis


def _is_anchor(anchor: Axis, value: Axis) -> bool:
    return order_of_axes(value, _concrete(anchor, value)) in (EQUAL, LESS)
