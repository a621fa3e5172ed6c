"""Unification of the edges of one call: rows, tag variables, casts, and the equations between sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from nm_types.meanings import BatchTag, Kind, Tag
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis
from nm_types.relations import LESS, Permutation, order_of_axes, order_of_kinds, the_one_order
from nm_types.sizes import Name, Origin, Rigid, Size, Variable
from nm_types.solving.edge import Edge, Equation
from nm_types.solving.ownership import is_settled, plain, settle
from nm_types.solving.rows import Reason, Spread, join_rows, row_size, spread_axes

Casts = Literal["error", "transpose"] | frozenset[str]
"""Where a value may be transposed: nowhere, wherever tags alone say how, or so at these ports only."""

BATCH = Variable("B")
ELEMENT = re.compile(r"\[\d+\]$")


@dataclass(frozen=True, slots=True)
class Misfit:
    """An edge that does not fit, before it is put into words.

    Attributes:
        reason: what does not fit.
        expected: the port's type, rows and tag variables filled in as far as they can be.
        given: the value's type.
        others: the edge that decided what a row or a tag variable stands for, where that is what does not fit.
        is_open: whether the port leaves tags open, so that no other order of the axes can be proposed.
    """

    reason: Reason
    expected: Structure
    given: Structure
    is_open: bool = False
    others: str = ""


@dataclass(slots=True)
class Unifier:
    """What one call learns from its edges, one after the other; it is thrown away with the call.

    Attributes:
        allowed: where a value may be transposed.
        equations: sizes that must be equal.
        rows: the axes that each row stands for.
        met: the tag that each tag variable stands for.
        deciders: the edges that have decided rows and tag variables first, in words.
        casts: the ports whose value must be transposed, and how.
        without_kind: the ports that ask for a kind of values, while the producer names none.
        tags: the tags of the axes that are exactly as large as a name says.
        elements: the sizes that an indexed name such as `n_i` stands for.
        origins: the owners of sizes that belong to nobody yet, by name.
    """

    allowed: Literal["transpose"] | frozenset[str] = frozenset()
    equations: list[Equation] = field(default_factory=list)
    rows: dict[str, tuple[AxisType, ...]] = field(default_factory=dict)
    met: dict[str, type[Tag]] = field(default_factory=dict)
    deciders: dict[str, str] = field(default_factory=dict)
    casts: dict[str, Permutation] = field(default_factory=dict)
    without_kind: list[str] = field(default_factory=list)
    tags: dict[Name, list[type[Tag]]] = field(default_factory=dict)
    elements: dict[str, list[Variable]] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    def add(self, edge: Edge) -> Misfit | None:
        """Take one edge in; give back what is wrong with it, if something is."""
        expected: Structure = edge.expected
        given = self._settled(edge)
        while expected.item is not None and given.item is not None:
            expected, given = expected.item, given.item
        if expected.form == "root":
            return None
        if expected.form != given.form:
            return Misfit("form", expected, given)
        spread = spread_axes(expected.axes, given.axes)
        if not isinstance(spread, Spread):
            return Misfit(spread, expected, given)
        return self._add_spread(edge, spread, given, expected.kind)

    def _add_spread(self, edge: Edge, spread: Spread, given: Structure, kind: Kind | None) -> Misfit | None:
        axes = spread.concrete(given.axes)
        kind_fits = order_of_kinds(given.kind, kind) <= LESS
        axes_fit = all(order_of_axes(left, right) <= LESS for left, right in zip(given.axes, axes, strict=True))
        may_cast = self.allowed == "transpose" or edge.port in self.allowed
        if kind_fits and not axes_fit and may_cast and not spread.is_open and not edge.expected.is_list:
            order = the_one_order(given.axes, axes)
            if order is not None:
                self.casts[edge.port] = order
                given = Structure("tensor", tuple(given.axes[i] for i in order), given.kind)
                axes_fit = True
        if not axes_fit or not kind_fits:
            return Misfit("axes", Structure(given.form, axes, kind), given, spread.is_open)
        misfit = self._decide(edge, spread, given)
        if misfit is not None:
            return misfit
        if kind is not None and given.kind is None:
            self.without_kind.append(edge.port)
        self.equations += self._axis_equations(edge, spread, cast("tuple[AxisType, ...]", given.axes))
        self.equations += self._kind_equations(edge, kind, given.kind)
        return None

    def _decide(self, edge: Edge, spread: Spread, given: Structure) -> Misfit | None:
        """Let the tag variables and rows of an edge agree with what they have met before."""
        met, rows = dict(self.met), dict(self.rows)
        axes = cast("tuple[AxisType, ...]", given.axes)
        for one, value in zip(spread.axes, axes, strict=True):
            if isinstance(one, AxisType) and isinstance(one.tag, TagVariable):
                own = cast("type[Tag]", value.tag)
                joined = met.get(one.tag.name, own).join(own)
                if joined is None:
                    return self._disagreement("variable", one.tag.name, edge, given, met, rows)
                met[one.tag.name] = cast("type[Tag]", joined)
        for name, start, stop in spread.rows:
            taken = axes[start:stop]
            together = join_rows(rows.get(name, taken), taken)
            if together is None:
                return self._disagreement("row", name, edge, given, met, rows)
            rows[name] = together
        for name in (*met, *rows):
            self.deciders.setdefault(name, f"{edge.producer} at {edge.port}")
        self.met, self.rows = met, rows
        return None

    def _disagreement(
        self,
        reason: Reason,
        name: str,
        edge: Edge,
        given: Structure,
        met: Mapping[str, type[Tag]],
        rows: Mapping[str, tuple[AxisType, ...]],
    ) -> Misfit:
        """An edge on which a row or a tag variable meets what it cannot stand for, with what it stands for put in."""
        axes: list[Axis] = []
        for one in edge.expected.axes:
            if isinstance(one, Row):
                axes += rows.get(one.name, (one,))
            elif isinstance(one.tag, TagVariable) and one.tag.name == name:
                axes.append(axis(met[name], one.size))
            else:
                axes.append(one)
        filled = Structure("tensor", tuple(axes), edge.expected.kind)
        return Misfit(reason, filled, given, others=self.deciders.get(name, "another part of the same value"))

    def _axis_equations(self, edge: Edge, spread: Spread, given: Sequence[AxisType]) -> Iterator[Equation]:
        ports = frozenset({edge.port})
        for place, (one, value) in enumerate(zip(spread.axes, given, strict=True)):
            size = None if one is None else self.size_of(one, edge.port)
            if size is not None:
                self._remember(size, one)
                self._remember(plain(value.size), value)
                yield Equation(size, plain(value.size), edge, place, size, ports)
        for name, start, stop in spread.rows:
            for place in range(start, stop):
                value = given[place]
                self._remember(plain(value.size), value)
                size = Size(row_size(name, place - start))
                yield Equation(size, plain(value.size), edge, place, f"*{name}", ports)

    def _kind_equations(self, edge: Edge, expected: Kind | None, given: Kind | None) -> Iterator[Equation]:
        if expected is None or given is None:
            return
        for place, wanted in enumerate(expected.sizes):
            if wanted is not None:
                size = self.local(plain(wanted), edge.port)
                ports = frozenset({edge.port})
                yield Equation(size, plain(given.size(place)), edge, -1 - place, plain(wanted), ports)

    def _remember(self, size: Size, one: Axis | None) -> None:
        symbol = size.symbol
        if isinstance(symbol, Variable | Rigid) and isinstance(one, AxisType) and not isinstance(one.tag, TagVariable):
            self.tags.setdefault(symbol, []).append(one.tag)

    def size_of(self, one: Axis, port: str) -> Size | None:
        """The size that a port asks of an axis: none, its own, or that of all batch axes of the call."""
        if isinstance(one, Row) or isinstance(one.size, Unknown):
            return None
        if one.size is None:
            batch = not isinstance(one.tag, TagVariable) and one.tag.is_a(BatchTag)
            return Size(BATCH) if batch else None
        return self.local(plain(one.size), port)

    def local(self, size: Size, port: str) -> Size:
        """A size with the names that belong to one element of a variadic port told apart: `n_i` becomes `n[0]`."""
        if not size.terms:
            return size
        own: dict[Name, Size] = {}
        for name in size.symbols():
            if isinstance(name, Variable) and name.is_indexed:
                match = ELEMENT.search(port)
                element = Variable(f"{name.name[:-2]}{match.group() if match else f'[{port}]'}")
                own[name] = Size(element)
                known = self.elements.setdefault(name.name, [])
                if element not in known:
                    known.append(element)
        return size.substitute(own)

    def _settled(self, edge: Edge) -> Structure:
        if is_settled(edge.given):
            return edge.given
        owner, _, port = edge.producer.rpartition(".")
        origin = self.origins.setdefault(owner or port, Origin(owner or port))
        return settle(edge.given, origin, port)
