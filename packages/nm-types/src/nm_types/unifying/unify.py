"""Unification of the edges of one call: rows, tag variables, casts, and the equations between sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, cast

from nm_types.meanings import Kind, KindVariable
from nm_types.notation import AxisType, Structure, check_input
from nm_types.relations import LESS, Permutation, order_of_axes, order_of_kinds, unique_order
from nm_types.sizes import Origin, Size
from nm_types.solving import Edge, Equation
from nm_types.unifying.cast_orders import orders_at_rows, stable_order
from nm_types.unifying.misfit import Misfit
from nm_types.unifying.names import LocalNames, Meanings, row_size
from nm_types.unifying.rows import Spread, spread_axes
from nm_types.unifying.symbol_scopes import is_owned, own_sizes, plain
from nm_types.unifying.templates import Templates

Casts = Literal["error", "transpose"] | frozenset[str]
"""Where a value may be transposed: nowhere, wherever tags alone say how, or so at these ports only."""


class Unifier:
    """Unifies the edges of one call, one after the other; discarded after the call.

    Attributes:
        casts: the ports whose value must be transposed, and how.
        equations: sizes that must be equal.
        names: the names of sizes in the call.
        meanings: what the axes of such sizes mean.
        templates: what rows and tag variables stand for.
        without_kind: the ports that ask for a kind of values, while the producer names none.
    """

    def __init__(self, allowed: Casts = "error") -> None:
        self._allowed = allowed
        self._origins: dict[str, Origin] = {}
        self.casts: dict[str, Permutation] = {}
        self.equations: list[Equation] = []
        self.names = LocalNames()
        self.meanings = Meanings()
        self.templates = Templates()
        self.without_kind: list[str] = []

    def add_all(self, edges: Iterable[Edge]) -> dict[str, Misfit]:
        """Unify the edges of a call; return the misfits by port.

        Edges that fit as they are come first, so that what rows stand for depends on no cast; then those are tried
        again that the others may have decided. The order of the edges does not matter.
        """
        misfits: dict[str, tuple[Edge, Misfit]] = {}
        for edge in sorted(edges, key=lambda edge: edge.port):
            self.names.count(edge.port)
            misfit = self.add(edge)
            if misfit is not None:
                misfits[edge.port] = edge, misfit
        before = -1
        while misfits and len(misfits) != before:
            before = len(misfits)
            retried = [(edge, self.add_again(edge, misfit)) for edge, misfit in misfits.values()]
            misfits = {edge.port: (edge, misfit) for edge, misfit in retried if misfit is not None}
        return {port: misfit for port, (_, misfit) in misfits.items()}

    def add(self, edge: Edge, order: Permutation | None = None) -> Misfit | None:
        """Unify one edge, its value's axes in another order where one is given; return its misfit, if any."""
        expected: Structure = edge.expected
        actual = self._own_edge(edge)
        while expected.item is not None and actual.item is not None:
            expected, actual = expected.item, actual.item
        if expected.form == "root":
            return None
        if expected.form != actual.form:
            return Misfit("form", expected, actual)
        check_input(expected)
        if order is not None:
            actual = Structure("tensor", tuple(actual.axes[i] for i in order), actual.kind)
        spread = spread_axes(expected.axes, actual.axes)
        if not isinstance(spread, Spread):
            return Misfit(spread, expected, actual)
        variable = expected.kind if isinstance(expected.kind, KindVariable) else None
        misfit = self._add_spread(edge, spread, actual, None if variable else expected.kind)
        if misfit is None and variable is not None:
            misfit = self.templates.meet_kind(edge, variable, actual)
        if misfit is None and order is not None:
            self.casts[edge.port] = order
        return misfit

    def add_again(self, edge: Edge, misfit: Misfit) -> Misfit | None:
        """Unify an edge that did not fit, now that other edges have said what rows and tag variables stand for.

        Where a cast is allowed and tags leave one order, the value is transposed; else its misfit proposes the order.
        """
        if misfit.reason == "kinds" or edge.expected.is_list:
            return misfit
        kind = None if isinstance(misfit.expected.kind, KindVariable) else misfit.expected.kind
        if order_of_kinds(misfit.given.kind, kind) > LESS:
            return misfit
        if not misfit.is_open:
            return misfit._replace(order=unique_order(misfit.given.axes, misfit.expected.axes), is_only_order=True)
        axes = cast("tuple[AxisType, ...]", misfit.given.axes)
        orders = orders_at_rows(edge.expected.axes, axes, self.templates)
        if len(orders) == 1:
            if self._may_cast(edge.port) and self.add(edge, orders[0]) is None:
                return None
            return misfit._replace(order=orders[0], is_only_order=True)
        return misfit._replace(order=stable_order(edge.expected.axes, axes, self.templates))

    def _add_spread(self, edge: Edge, spread: Spread, actual: Structure, kind: Kind | None) -> Misfit | None:
        axes = spread.concrete(actual.axes)
        kind_fits = order_of_kinds(actual.kind, kind) <= LESS
        axes_fit = all(
            order_of_axes(value_axis, port_axis) <= LESS
            for value_axis, port_axis in zip(actual.axes, axes, strict=True)
        )
        may_cast = self._may_cast(edge.port) and not spread.is_open and not edge.expected.is_list
        if kind_fits and not axes_fit and may_cast:
            order = unique_order(actual.axes, axes)
            if order is not None:
                self.casts[edge.port] = order
                actual = Structure("tensor", tuple(actual.axes[i] for i in order), actual.kind)
                axes_fit = True
        if not axes_fit or not kind_fits:
            return Misfit("axes", Structure(actual.form, axes, kind), actual, spread.is_open)
        misfit = self.templates.meet(edge, spread, actual)
        if misfit is not None:
            return misfit
        # an output without a kind is accepted, and checked when it runs as far as a run can see
        if kind is not None and actual.kind is None:
            self.without_kind.append(edge.port)
        self.equations += self._axis_equations(edge, spread, cast("tuple[AxisType, ...]", actual.axes))
        self.equations += self._kind_equations(edge, kind, actual.kind)
        return None

    def _may_cast(self, port: str) -> bool:
        return self._allowed == "transpose" or (self._allowed != "error" and port in self._allowed)

    def _axis_equations(self, edge: Edge, spread: Spread, actual: Sequence[AxisType]) -> Iterator[Equation]:
        ports = frozenset({edge.port})
        for index, (axis, value) in enumerate(zip(spread.axes, actual, strict=True)):
            size = None if axis is None else self.names.size_of(axis, edge.port)
            if size is not None:
                self.meanings.learn(size, axis)
                self.meanings.learn(plain(value.size), value)
                yield Equation(size, plain(value.size), edge, index, size, ports)
        for name, start, stop in spread.rows:
            for index in range(start, stop):
                value = actual[index]
                self.meanings.learn(plain(value.size), value)
                size = Size(row_size(name, index - start))
                yield Equation(size, plain(value.size), edge, index, f"*{name}", ports)

    def _kind_equations(self, edge: Edge, expected: Kind | None, actual: Kind | None) -> Iterator[Equation]:
        if expected is None or actual is None:
            return
        for index, size_needed in enumerate(expected.sizes):
            if size_needed is not None:
                size = self.names.local(plain(size_needed), edge.port)
                ports = frozenset({edge.port})
                yield Equation(size, plain(actual.size(index)), edge, -1 - index, plain(size_needed), ports)

    def _own_edge(self, edge: Edge) -> Structure:
        if is_owned(edge.given):
            return edge.given
        owner, _, port = edge.producer.rpartition(".")
        origin = self._origins.setdefault(owner or port, Origin(owner or port))
        return own_sizes(edge.given, origin, port)
