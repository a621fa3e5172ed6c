"""Templates: the bindings of rows and tag variables in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nm_types.meanings import Tag
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, axis_of
from nm_types.solving import Edge
from nm_types.unifying.misfit import Misfit, Reason
from nm_types.unifying.rows import Spread, join_rows


class Templates:
    """The bindings of rows and tag variables in one call.

    Attributes:
        rows: the axes that each row stands for.
        tags: the tag that each tag variable stands for.
        deciders: the edges that were the first to say so, in words.
    """

    def __init__(self) -> None:
        self.rows: dict[str, tuple[AxisType, ...]] = {}
        self.tags: dict[str, type[Tag]] = {}
        self.deciders: dict[str, str] = {}

    def meet(self, edge: Edge, spread: Spread, actual: Structure) -> Misfit | None:
        """Unify rows and tag variables of an edge with earlier bindings; return the misfit, if any."""
        tags, rows = dict(self.tags), dict(self.rows)
        axes = cast("tuple[AxisType, ...]", actual.axes)
        for axis, value in zip(spread.axes, axes, strict=True):
            if isinstance(axis, AxisType) and isinstance(axis.tag, TagVariable):
                own = cast("type[Tag]", value.tag)
                joined = tags.get(axis.tag.name, own).join(own)
                if joined is None:
                    return self._misfit(
                        "variable", axis.tag.name, edge, actual, {axis.tag.name: tags[axis.tag.name]}, rows
                    )
                tags[axis.tag.name] = cast("type[Tag]", joined)
        for name, start, stop in spread.rows:
            row_axes = axes[start:stop]
            together = join_rows(rows.get(name, row_axes), row_axes)
            if together is None:
                return self._misfit("row", name, edge, actual, {}, rows)
            rows[name] = together
        for name in (*tags, *rows):
            self.deciders.setdefault(name, f"{edge.producer} at {edge.port}")
        # bound only once the whole edge fits, so that a bad edge does not blame later ones
        self.tags, self.rows = tags, rows
        return None

    def _misfit(
        self,
        reason: Reason,
        name: str,
        edge: Edge,
        actual: Structure,
        tags: Mapping[str, type[Tag]],
        rows: Mapping[str, tuple[AxisType, ...]],
    ) -> Misfit:
        """Build the misfit of a row or tag variable, with the port's bindings substituted."""
        axes: list[Axis] = []
        for axis in edge.expected.axes:
            if isinstance(axis, Row):
                axes += rows.get(axis.name, (axis,))
            elif isinstance(axis.tag, TagVariable) and axis.tag.name in tags:
                axes.append(axis_of(tags[axis.tag.name], axis.size))
            else:
                axes.append(axis)
        filled = Structure("tensor", tuple(axes), edge.expected.kind)
        return Misfit(reason, filled, actual, True, self.deciders.get(name, "another part of the same value"))
