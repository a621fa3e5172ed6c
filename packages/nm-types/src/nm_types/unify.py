"""Unification of the edges of one call: rows, tag variables, casts, and the equations between sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from nm_types.atoms import Name, Origin, Rigid, Variable
from nm_types.edge import Edge, Equation
from nm_types.kinds import Kind
from nm_types.matching import Permutation, the_one_order
from nm_types.orders import EQUAL, LESS, order_of_axes, order_of_kinds
from nm_types.rigid import is_settled, plain, settle
from nm_types.sizes import Size
from nm_types.structure import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis
from nm_types.tags import BatchTag, Tag

Casts = Literal["error", "transpose"] | frozenset[str]
"""Where a value may be transposed: nowhere, wherever tags alone say how, or so at these ports only."""
Reason = Literal["form", "rank", "axes", "anchor", "anchors", "variable", "row"]

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


@dataclass(frozen=True, slots=True)
class Spread:
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


def row_size(name: str, index: int) -> Variable:
    """The name of the size of one axis of a row."""
    return Variable(f"*{name}[{index}]")


def _concrete(one: Axis | None, value: Axis) -> Axis:
    if one is None or isinstance(one, Row):
        return value
    if isinstance(one.tag, TagVariable):
        own = cast("AxisType", value).tag if one.tag.bound is None else one.tag.bound
        return axis(own, one.size)
    return one


def _is_anchor(anchor: Axis, value: Axis) -> bool:
    return order_of_axes(value, _concrete(anchor, value)) in (EQUAL, LESS)
