"""Templates: the bindings of rows and tag variables in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nm_types.meanings import Features, Kind, KindVariable, Tag
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, axis_of
from nm_types.solving import Edge
from nm_types.unifying.kinds import join_kinds
from nm_types.unifying.misfit import Misfit, Reason
from nm_types.unifying.rows import Spread, join_rows


class Templates:
    """The bindings of rows and tag variables in one call.

    Attributes:
        rows: the axes that each row stands for.
        tags: the tag that each tag variable stands for.
        kinds: the kinds that have met each kind variable, None where a producer names none.
        deciders: the edges that were the first to say so, in words.
    """

    def __init__(self) -> None:
        self.rows: dict[str, tuple[AxisType, ...]] = {}
        self.tags: dict[str, type[Tag]] = {}
        self.kinds: dict[str, list[Kind | None]] = {}
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

    def meet_kind(self, edge: Edge, variable: KindVariable, actual: Structure) -> Misfit | None:
        """Record the kind of a value at a kind variable; return the misfit where it is unrelated to an earlier one.

        Real-valued kinds that have nothing in common are features together; labels and a mask are nothing.
        """
        kinds = self.kinds.setdefault(variable.name, [])
        for kind in kinds:
            if kind is not None and actual.kind is not None and join_kinds((kind, actual.kind)) is None:
                filled = Structure("tensor", edge.expected.axes, kind)
                return Misfit("kinds", filled, actual, False, self.deciders[str(variable)])
        kinds.append(actual.kind)
        self.deciders.setdefault(str(variable), f"{edge.producer} at {edge.port}")
        return None

    def kind_of(self, variable: KindVariable) -> Kind | None:
        """Return the nearest kind that all values at a kind variable have in common; None where that is unknown."""
        kinds = self.kinds[variable.name]
        joined = join_kinds([kind for kind in kinds if kind is not None])
        if variable.summed and joined is not None and not joined.linear:
            joined = Features()
        if None not in kinds:
            return joined
        # whatever an unknown kind is, features together with it are features
        return Features() if isinstance(joined, Features) else None

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
