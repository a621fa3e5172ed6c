"""Putting a bad edge into words: its cause, the columns at fault and what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nm_types.compare import Comparison, examine
from nm_types.edge import Edge, Equation
from nm_types.fixes import assume_fix, transpose_fix
from nm_types.matching import Permutation, orders_that_fit, the_one_order
from nm_types.neural_type import NeuralType
from nm_types.nominal import Nominal
from nm_types.orders import GREATER, LESS, order_of_axes, order_of_kinds
from nm_types.problem import Fix, Problem
from nm_types.rendering import Column
from nm_types.sizes import Rigid, Size, Sum, Variable
from nm_types.structure import Axis, AxisType, Row, Structure, TagVariable
from nm_types.unify import Misfit, laid_out

SOURCE = re.compile(r" at [^ ]+")
FEW = 4
"""Connections that a message shows beside the one at fault."""
FORMS = {"tensor": "a tensor", "object": "an object", "list": "a list", "root": "anything"}


def report_misfit(edge: Edge, misfit: Misfit, location: str) -> Problem:
    """The problem of an edge whose form, axes or kind do not fit."""
    expected, given = misfit.expected, misfit.given
    if misfit.reason == "form":
        problem = _form(edge, expected, given)
    elif misfit.reason == "rank":
        problem = _rank(edge, expected, given)
    elif misfit.reason != "axes":
        problem = _template(edge, misfit)
    else:
        problem = _axes(edge, expected, given, misfit.is_open)
    return replace(problem, location=location)


def report_equation(equation: Equation, code: str, others: str, location: str) -> Problem:
    """The problem of a size that cannot be what the port asks for; `others` have decided what it asks for."""
    edge = equation.edge
    text = str(equation.expected)
    written = str(equation.written)
    asked = text if written in (text, "B") or written.startswith("*") else f"{written} = {text}"
    notes = (f"{text} comes from {others}.",) if others else ()
    giver = edge.producer.partition(".")[0]
    if code == "NM107":
        cause = f"{asked} would have to equal {equation.given}, a size of another meaning: two lengths are swapped."
        fix = Fix("connect the lengths that belong to these axes.")
    elif code == "NM108":
        source = f" (from {others})" if others else ""
        cause = (
            f"{text}{source} = {equation.given} (from {edge.producer}) can hold only by accident, "
            "because one of the two was subsampled and the other was not."
        )
        notes = ()
        fix = Fix("connect the lengths that the subsampling module gives out together with its features.")
    elif equation.on_axis:
        cause = f"Axis {equation.place} has the size {equation.given}, expected {asked}."
        ends = dict.fromkeys((edge.consumer, giver))
        makers = f"{edge.producer} and {SOURCE.sub('', others)}" if others else " and ".join(ends)
        fix = Fix(f"construct {makers} with sizes that agree.")
    else:
        what = type(edge.given.kind).parameters[-1 - equation.place] if edge.given.kind else "size"
        known = f" with {asked}" if asked != text else ""
        cause = f"The values are {edge.given.kind}, expected {edge.expected.kind}{known}."
        fix = Fix(f"construct the modules that these values come from with the same {what}.")
    place = equation.place if equation.on_axis else len(edge.given.axes)
    problem = _problem(edge, code, cause, Comparison.DIM_INCOMPATIBLE, fix, (place,), "differs")
    derived = tuple(str(size) for size in (equation.expected, equation.given) if not _is_plain(size))
    return replace(problem, notes=notes, derived=derived, location=location)


def _is_plain(size: Size) -> bool:
    """Whether a size is a number or a name, and so belongs to whoever declares it."""
    return not size.terms or isinstance(size.symbol, Variable | Rigid | Sum)


def report_contradiction(equation: Equation, others: Sequence[Equation], by_accident: bool = False) -> Problem:
    """The problem of a size that is not what a port asks for together with what other connections ask for.

    Never, or for a few sizes only, by accident.
    """
    edge = equation.edge
    notes = [f"{other} because of {other.edge.producer} -> {other.edge.target}{_at(other)}" for other in others[:FEW]]
    if len(others) > FEW:
        notes.append(f"... and {len(others) - FEW} more.")
    place = equation.place if equation.on_axis else len(edge.given.axes)
    how = "holds only by accident" if by_accident else "cannot hold"
    cause = f"This connection needs {equation}, which {how} together with the others of the graph:"
    fix = Fix(f"connect outputs whose sizes agree, or put a module before {edge.consumer} that makes them agree.")
    code = "NM108" if by_accident else "NM115"
    problem = _problem(edge, code, cause, Comparison.DIM_INCOMPATIBLE, fix, (place,), "contradicts")
    return replace(problem, notes=tuple(notes), location=equation.location)


def report_empty(owner: str, name: str, declared: NeuralType, made: NeuralType, location: str) -> Problem:
    """The problem of an output that would have no elements."""
    return Problem(
        code="NM114",
        cause=f"With these inputs {owner}.{name} would have no elements: a size is at least 1.",
        consumer=owner,
        port=name,
        expected=str(declared),
        given=str(made),
        columns=columns_of(declared, made, _empty(made)),
        mark="below 1",
        sides=("declared", "here"),
        comparison=Comparison.DIM_INCOMPATIBLE.name,
        location=location,
        fixes=(Fix(f"give {owner} longer inputs, or construct it with a smaller kernel or stride."),),
    )


def _empty(made: NeuralType) -> tuple[int, ...]:
    """The places of sizes that are below 1: of axes, and of the kind of values after them."""
    sizes = [(place, one.size) for place, one in enumerate(made.axes) if isinstance(one, AxisType)]
    sizes += [(len(made.axes), size) for size in (made.kind.sizes if made.kind is not None else ())]
    numbers = [(place, size.value) for place, size in sizes if isinstance(size, Size)]
    return tuple(dict.fromkeys(place for place, number in numbers if number is not None and number < 1))


def _form(edge: Edge, expected: Structure, given: Structure) -> Problem:
    if given.form == "root":
        cause = f"{edge.producer} says nothing about its values ({{}}), the port needs {expected}."
        return _problem(edge, "NM103", cause, Comparison.GREATER, assume_fix(edge, expected, given))
    cause = f"The port takes {FORMS[expected.form]}, it is given {FORMS[given.form]}."
    fix = Fix(f"connect an output that is {FORMS[expected.form]}, or a module that converts.")
    return _problem(edge, "NM110", cause, Comparison.INCOMPATIBLE, fix)


def _rank(edge: Edge, expected: Structure, given: Structure) -> Problem:
    rows = sum(isinstance(one, Row) for one in expected.axes)
    wanted = f"at least {len(expected.axes) - rows}" if rows else str(len(expected.axes))
    plural = "axis" if wanted.endswith(" 1") or wanted == "1" else "axes"
    cause = f"The port expects {wanted} {plural}, it is given {len(given.axes)}."
    fix = Fix("connect an output of that rank, or put a module between that reshapes by name.")
    return _problem(edge, "NM102", cause, Comparison.INCOMPATIBLE, fix)


def _template(edge: Edge, misfit: Misfit) -> Problem:
    """The problem of a tag variable, a row, or the axis that rows stand around."""
    expected, given, others = misfit.expected, misfit.given, misfit.others
    if misfit.reason in ("anchor", "anchors"):
        which = "no axis" if misfit.reason == "anchor" else "several axes"
        cause = f"The port looks for {_anchor(expected)}, which {which} of the value mean{'s' * (which == 'no axis')}."
        fix = Fix(f"connect a value with exactly one such axis, or construct {edge.consumer} with another meaning.")
        return _problem(edge, "NM112", cause, Comparison.INCOMPATIBLE, fix)
    if misfit.reason == "variable":
        code, what = "NM111", "whose axes mean the same"
        cause = f"One meaning is asked for on several inputs, and this one is unrelated to that of {others}."
    else:
        code, what = "NM112", "with the same axes"
        cause = f"The axes do not agree with those of {others}."
    fix = Fix(f"connect values {what}, or convert one of them first.")
    order = the_one_order(given.axes, expected.axes) if misfit.reason == "row" else None
    if order is not None:
        cause = f"The axes are those of {others} in another order."
        fix = transpose_fix(edge, given, order)
    problem = _problem(edge, code, cause, Comparison.INCOMPATIBLE, fix)
    return replace(problem, columns=columns_of(expected, given, _strangers(expected, given)), mark="does not agree")


def _axes(edge: Edge, expected: Structure, given: Structure, is_open: bool) -> Problem:
    result = examine(given, expected).result
    orders = [order_of_axes(left, right) for left, right in zip(given.axes, expected.axes, strict=True)]
    wrong = tuple(place for place, order in enumerate(orders) if order >= GREATER)
    if not wrong:
        return _kind(edge, expected, given, result)
    kind_fits = order_of_kinds(given.kind, expected.kind) <= LESS
    ways = orders_that_fit(given.axes, expected.axes) if kind_fits and not is_open else ()
    first, wanted = given.axes[wrong[0]], expected.axes[wrong[0]]
    if ways:
        problem = _order(edge, given, ways, result)
    elif all(orders[place] == GREATER for place in wrong):
        cause = f"The output promises less than the port needs: axis {wrong[0]} is {_name(first)}, not {_name(wanted)}."
        problem = _problem(edge, "NM103", cause, result, assume_fix(edge, expected, given), wrong, "too general")
    else:
        cause = f"Axis {wrong[0]} means {_name(first)}, the port expects {_name(wanted)}."
        fix = Fix("connect another output, or a module that turns one into the other.")
        problem = _problem(edge, "NM101", cause, result, fix, wrong, "another meaning")
    if kind_fits:
        return problem
    return replace(problem, notes=(f"The values do not fit either: {given.kind}, expected {expected.kind}.",))


def _kind(edge: Edge, expected: Structure, given: Structure, result: Comparison) -> Problem:
    marked = (len(edge.given.axes),)
    cause = f"The values are {given.kind}, the port needs {expected.kind}."
    if order_of_kinds(given.kind, expected.kind) == GREATER:
        return _problem(edge, "NM103", cause, result, assume_fix(edge, expected, given), marked, "too general")
    fix = Fix(f"connect an output of the kind {expected.kind}, or a module that turns {given.kind} into it.")
    return _problem(edge, "NM106", cause, result, fix, marked, "another kind")


def _order(edge: Edge, given: Structure, orders: tuple[Permutation, ...], result: Comparison) -> Problem:
    tags = {one.tag for one in given.axes if isinstance(one, AxisType)}
    if len(orders) > 1 or len(tags) < len(given.axes):
        cause = "The meanings agree in another order, but some occur more than once, so that several orders fit."
        fix = Fix(
            "where the value is made, give these axes tags of their own, or one of the orders that fit: "
            f"{' or '.join(map(str, orders[:FEW]))}."
        )
        moved = tuple(place for place in range(len(given.axes)) if any(order[place] != place for order in orders))
        return _problem(edge, "NM109", cause, result, fix, moved, "ambiguous")
    moved = tuple(i for i, j in enumerate(orders[0]) if i != j)
    mark = "swapped" if len(moved) == 2 else "in another order"
    cause = (
        f"The meanings agree; only axes {', '.join(map(str, moved[:-1]))} and {moved[-1]} are {mark} (TRANSPOSE_SAME)."
    )
    if edge.expected.is_list:
        fix = Fix("transpose each item before it goes into the list.")
        return _problem(edge, "NM104", cause, result, fix, moved, mark)
    fix = transpose_fix(edge, given, orders[0])
    problem = _problem(edge, "NM104", cause, result, fix, moved, mark)
    return replace(problem, alternative='or allow it for a block of calls: with nm_core.casts("transpose"):')


def _at(equation: Equation) -> str:
    return f" ({equation.location})" if equation.location else ""


def _name(axis: Axis) -> str:
    if isinstance(axis, AxisType):
        return axis.tag.text if isinstance(axis.tag, Nominal) else str(axis.tag)
    return str(axis)


def _problem(
    edge: Edge,
    code: str,
    cause: str,
    comparison: Comparison,
    fix: Fix,
    marked: tuple[int, ...] = (),
    mark: str = "",
) -> Problem:
    return Problem(
        code=code,
        cause=cause,
        consumer=edge.consumer,
        port=edge.port,
        producer=edge.producer,
        expected=str(edge.expected),
        given=str(edge.given),
        columns=columns_of(edge.expected, edge.given, marked),
        mark=mark,
        comparison=comparison.name,
        declared=edge.declared,
        given_declared=edge.given_declared,
        fixes=(fix,),
    )


def _anchor(expected: Structure) -> str:
    """The meaning of the first axis that is no row."""
    tags = [one.tag for one in expected.axes if isinstance(one, AxisType)]
    bounds = [tag.bound if isinstance(tag, TagVariable) else tag for tag in tags]
    return next((tag.text for tag in bounds if tag is not None), "an axis")


def _strangers(expected: Structure, given: Structure) -> tuple[int, ...]:
    """The places where one of two types has an axis that has nothing in common with that of the other, or none."""
    related = [
        not isinstance(one.tag, Nominal) or not isinstance(other.tag, Nominal) or one.tag.join(other.tag) is not None
        for one, other in zip(expected.axes, given.axes, strict=False)
        if isinstance(one, AxisType) and isinstance(other, AxisType)
    ]
    count = max(len(expected.axes), len(given.axes))
    return tuple(place for place in range(count) if place >= len(related) or not related[place])


def columns_of(expected: Structure, given: Structure, marked: tuple[int, ...] = ()) -> tuple[Column, ...]:
    """Two types beside each other, axis by axis, the kind of values last; what cannot be laid out so stands whole.

    A row of the port stands above each of the axes that it takes.
    """
    if expected.form != "tensor" or given.form != "tensor":
        return (Column("type", str(expected), str(given), True),)
    axes = laid_out(expected.axes, given.axes)
    if axes is None:
        return (Column("type", str(expected), str(given), False),)
    count = max(len(axes), len(given.axes))
    rows = [[*map(str, side), *["-"] * (count - len(side))] for side in (axes, given.axes)]
    columns = [Column(f"axis {i}", rows[0][i], rows[1][i], i in marked) for i in range(count)]
    of_kind = count in marked
    if expected.kind is not None or of_kind:
        kinds = ["-" if side.kind is None else str(side.kind) for side in (expected, given)]
        columns.append(Column("values", kinds[0], kinds[1], of_kind))
    return tuple(columns)
