"""Unification of the edges of one call: rows, tag variables, casts, and the equations between sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from nm_types.edge import Edge, Equation
from nm_types.errors import BindingError
from nm_types.formulas import Expression
from nm_types.kinds import Kind
from nm_types.matching import Permutation, the_one_order
from nm_types.orders import EQUAL, LESS, order_of_axes, order_of_kinds
from nm_types.sizes import Name, Origin, Rigid, Size, Variable
from nm_types.structure import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis
from nm_types.tags import BatchTag, Tag

Casts = Literal["error", "transpose"]
BATCH = Variable("B")
FITS = (EQUAL, LESS)


@dataclass(slots=True)
class Unifier:
    """What one call learns from its edges, one after the other; it is thrown away with the call.

    Attributes:
        equations: sizes that must be equal, in the order of the edges.
        rows: the axes that each row stands for.
        met: the tags that each tag variable has met.
        casts: the ports whose value must be transposed, and how.
        seen_later: ports whose kind cannot be decided now, but its dtype family can be seen at run time.
        tags: the tags of the axes that are exactly as large as a name says.
        elements: the sizes that an indexed name such as `n_i` stands for.
    """

    casts_allowed: Casts
    equations: list[Equation] = field(default_factory=list)
    rows: dict[str, tuple[AxisType, ...]] = field(default_factory=dict)
    met: dict[str, type[Tag]] = field(default_factory=dict)
    casts: dict[str, Permutation] = field(default_factory=dict)
    seen_later: list[str] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    tags: dict[Name, tuple[type[Tag], ...]] = field(default_factory=dict)
    elements: dict[str, list[Variable]] = field(default_factory=dict)

    def add(self, edge: Edge) -> Misfit | None:
        """Take one edge in; give back what is wrong with it, if something is."""
        expected: Structure = edge.expected
        given = self.with_rigid_sizes(edge.given, edge.producer)
        while expected.item is not None and given.item is not None:
            expected, given = expected.item, given.item
        if expected.form == "root":
            return None
        if expected.form != given.form:
            return Misfit("form", expected, given)
        return self._add_tensor(edge, expected, given)

    def _add_tensor(self, edge: Edge, expected: Structure, given: Structure) -> Misfit | None:
        spread = self._spread(expected.axes, given.axes)
        if isinstance(spread, str):
            return Misfit(spread, expected, given)
        axes = [spread.concrete(i, given) for i in range(len(given.axes))]
        order = order_of_kinds(given.kind, expected.kind)
        fits = all(order_of_axes(left, right) in FITS for left, right in zip(given.axes, axes, strict=True))
        if not fits and order in FITS and self.casts_allowed == "transpose" and not spread.is_open:
            way = the_one_order(given.axes, axes)
            if way is not None:
                self.casts[edge.port] = way
                given = Structure("tensor", tuple(given.axes[i] for i in way), given.kind)
                fits = True
        if not fits or order not in FITS:
            return Misfit("axes", Structure("tensor", tuple(axes), expected.kind), given, is_open=spread.is_open)
        if expected.kind is not None and given.kind is None:
            self.seen_later.append(edge.port)
        fault = self._decide(spread, given)
        if fault:
            return Misfit(fault, expected, given)
        self.equations += self._equations(edge, spread, given, expected.kind)
        return None

    def _spread(self, expected: Sequence[Axis], given: Sequence[Axis]) -> Spread | str:
        """Lay the axes of a port onto those of a value: rows take what the other axes leave."""
        rows = [i for i, one in enumerate(expected) if isinstance(one, Row)]
        extra = len(given) - len(expected) + len(rows)
        if not rows:
            return Spread(tuple(expected), ()) if extra == 0 else "rank"
        if extra < 0:
            return "rank"
        first = extra
        if len(rows) == 2:
            anchor = expected[rows[0] + 1]
            places = [k for k in range(extra + 1) if _anchored(given[rows[0] + k], anchor)]
            if len(places) != 1:
                return "anchor" if not places else "anchors"
            first = places[0]
        lengths = dict(zip(rows, (first, extra - first), strict=False))
        laid: list[Axis | None] = []
        spans: list[tuple[str, int, int]] = []
        for i, one in enumerate(expected):
            if isinstance(one, Row):
                spans.append((one.name, len(laid), len(laid) + lengths[i]))
                laid += [None] * lengths[i]
            else:
                laid.append(one)
        return Spread(tuple(laid), tuple(spans))

    def _decide(self, spread: Spread, given: Structure) -> str:
        """Let tag variables and rows of an edge agree with what they have met; the name of a fault, or nothing."""
        tags = dict(self.met)
        rows = dict(self.rows)
        for one, value in zip(spread.axes, cast("tuple[AxisType, ...]", given.axes), strict=True):
            if isinstance(one, AxisType) and isinstance(one.tag, TagVariable):
                met = cast("type[Tag]", value.tag)
                known = tags.get(one.tag.name, met)
                joined = known if known is met else known.join(met)
                if joined is None:
                    return "variable"
                tags[one.tag.name] = cast("type[Tag]", joined)
        for name, start, stop in spread.spans:
            taken = cast("tuple[AxisType, ...]", given.axes[start:stop])
            joined_row = join_rows(rows.get(name, taken), taken)
            if joined_row is None:
                return "row"
            rows[name] = joined_row
        self.met, self.rows = tags, rows
        return ""

    def _equations(self, edge: Edge, spread: Spread, given: Structure, kind: Kind | None) -> Iterator[Equation]:
        ports = frozenset({edge.port})
        for place, (one, value) in enumerate(zip(spread.axes, given.axes, strict=True)):
            size = None if one is None else self.size_of(one, edge.port)
            self._remember(size, one)
            self._remember(_sized(value), value)
            if size is not None:
                yield Equation(size, _sized(value), edge.port, place, str(size), ports)
        for name, start, stop in spread.spans:
            for index, value in enumerate(given.axes[start:stop]):
                row = Size(row_size(name, index))
                yield Equation(row, _sized(value), edge.port, start + index, f"*{name}", ports)
        for index, wanted in enumerate(() if kind is None or given.kind is None else kind.sizes):
            assert given.kind is not None
            if wanted is not None:
                value_size = given.kind.size(index)
                size = self.local(_plain(wanted), edge.port)
                yield Equation(size, _plain(value_size), edge.port, -1 - index, str(_plain(wanted)), ports)

    def _remember(self, size: Size | None, one: Axis | None) -> None:
        symbol = None if size is None else size.symbol
        if isinstance(symbol, Variable | Rigid) and isinstance(one, AxisType) and not isinstance(one.tag, TagVariable):
            self.tags[symbol] = (*self.tags.get(symbol, ()), one.tag)

    def size_of(self, one: Axis, port: str) -> Size | None:
        """The size that a port asks of an axis: none, a size, or that of all batch axes of the call."""
        if not isinstance(one, AxisType) or isinstance(one.size, Unknown):
            return None
        if one.size is None:
            batch = not isinstance(one.tag, TagVariable) and one.tag.is_a(BatchTag)
            return Size(BATCH) if batch else None
        return self.local(_plain(one.size), port)

    def local(self, size: Size, port: str) -> Size:
        """A size with the names that belong to one element of a variadic port told apart."""
        indexed = [name for name in size.symbols() if isinstance(name, Variable) and name.is_indexed]
        if not indexed:
            return size
        own = {name: Variable(f"{name.name[:-2]}{element_of(port)}") for name in indexed}
        for name, element in own.items():
            known = self.elements.setdefault(name.name, [])
            if element not in known:
                known.append(element)
        return size.substitute({name: Size(element) for name, element in own.items()})

    def with_rigid_sizes(self, given: Structure, producer: str) -> Structure:
        """A value's type in which every size is known to somebody: names and omitted sizes become its producer's."""
        if given.item is not None:
            return Structure("list", item=self.with_rigid_sizes(given.item, producer))
        if not any(_needs_rigid(one) for one in given.axes) and not _kind_needs_rigid(given.kind):
            return given
        owner = producer.rpartition(".")[0] or producer
        origin = self.origins.setdefault(owner, Origin(owner))
        port = producer.rpartition(".")[2]
        axes = tuple(rigid_axis(one, origin, f"{port}[{i}]") for i, one in enumerate(given.axes))
        return Structure(given.form, axes, rigid_kind(given.kind, origin, port))


@dataclass(frozen=True, slots=True)
class Misfit:
    """An edge that does not fit, before it is put into words.

    Attributes:
        reason: form, rank, axes, anchor, anchors, variable or row.
        expected: the port's type with rows and tag variables filled in as far as they can be.
        given: the value's type.
        is_open: whether the port leaves tags open, so that no order of axes can be proposed.
    """

    reason: str
    expected: Structure
    given: Structure
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """The axes of a port laid onto those of a value; None where a row takes the axis."""

    axes: tuple[Axis | None, ...]
    spans: tuple[tuple[str, int, int], ...]

    @property
    def is_open(self) -> bool:
        """Whether some axis may have any tag."""
        tags = [one.tag for one in self.axes if isinstance(one, AxisType)]
        return bool(self.spans) or any(isinstance(tag, TagVariable) and tag.bound is None for tag in tags)

    def concrete(self, index: int, given: Structure) -> Axis:
        """The axis that a port has at a place, with the bound for a tag variable and the value's own axis for a row."""
        one = self.axes[index]
        if one is None:
            return given.axes[index]
        if isinstance(one, AxisType) and isinstance(one.tag, TagVariable):
            value = given.axes[index]
            own = one.tag.bound if one.tag.bound is not None else cast("AxisType", value).tag
            return axis(own, one.size)
        return one


def join_rows(left: tuple[AxisType, ...], right: tuple[AxisType, ...]) -> tuple[AxisType, ...] | None:
    """The nearest common ancestors of two rows of axes, or None where they have none."""
    if left is right:
        return left
    if len(left) != len(right):
        return None
    joined = []
    for one, other in zip(left, right, strict=True):
        if isinstance(one.tag, TagVariable) or isinstance(other.tag, TagVariable):
            return None
        tag = one.tag.join(other.tag)
        if tag is None:
            return None
        joined.append(axis(cast("type[Tag]", tag), one.size))
    return tuple(joined)


def row_size(name: str, index: int) -> Variable:
    """The name of the size of one axis of a row."""
    return Variable(f"*{name}[{index}]")


def element_of(port: str) -> str:
    """Which element of a variadic port this is: `[2]` of `xs[2]`."""
    match = re.search(r"\[\d+\]$", port)
    return match.group() if match else f"[{port}]"


def rigid_axis(one: Axis, origin: Origin, name: str) -> Axis:
    """An axis whose names belong to one producer, a size that is left out included."""
    if not isinstance(one, AxisType):
        return one
    tag = None if isinstance(one.tag, TagVariable) else one.tag
    if one.size is None or isinstance(one.size, Unknown):
        batch = one.size is None and tag is not None and tag.is_a(BatchTag)
        return axis(one.tag, Size(Rigid(origin, "batch" if batch else name, tag, implicit=True)))
    size = _plain(one.size)
    own = size.symbol
    names = [symbol for symbol in size.symbols() if isinstance(symbol, Variable)]
    if not names:
        return one
    return axis(one.tag, size.substitute({n: Size(Rigid(origin, n.name, tag if n == own else None)) for n in names}))


def rigid_kind(kind: Kind | None, origin: Origin, port: str) -> Kind | None:
    """A kind whose names belong to one producer."""
    if kind is None or not type(kind).parameters:
        return kind
    sizes = []
    for index, what in enumerate(type(kind).parameters):
        size = kind.size(index)
        if size is None:
            sizes.append(Size(Rigid(origin, f"{port}.{what}", implicit=True)))
        else:
            plain = _plain(size)
            names = [symbol for symbol in plain.symbols() if isinstance(symbol, Variable)]
            sizes.append(plain.substitute({n: Size(Rigid(origin, n.name)) for n in names}))
    return type(kind)(*sizes)


def _anchored(given: Axis, anchor: Axis) -> bool:
    if isinstance(anchor, AxisType) and isinstance(anchor.tag, TagVariable) and anchor.tag.bound is not None:
        anchor = axis(anchor.tag.bound, None)
    return order_of_axes(given, anchor) in FITS


def _needs_rigid(one: Axis) -> bool:
    if not isinstance(one, AxisType):
        return False
    size = one.size
    return not isinstance(size, Size) or any(isinstance(symbol, Variable) for symbol in size.symbols())


def _kind_needs_rigid(kind: Kind | None) -> bool:
    if kind is None or not type(kind).parameters:
        return False
    if len(kind.sizes) < len(type(kind).parameters):
        return True
    return any(size is None or any(isinstance(s, Variable) for s in _plain(size).symbols()) for size in kind.sizes)


def _sized(value: Axis) -> Size:
    assert isinstance(value, AxisType)
    return _plain(value.size)


def _plain(size: Expression | Unknown | None) -> Size:
    if isinstance(size, Size):
        return size
    raise BindingError(
        f"{size}: a type that still has parameters in braces cannot be connected. Bind it first: type.bind(params)."
    )
