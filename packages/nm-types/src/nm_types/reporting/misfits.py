"""Reports of edges that do not fit: cause, columns at fault and fixes."""

from __future__ import annotations

from dataclasses import replace

from nm_types.meanings import Nominal
from nm_types.messages import Fix, Problem
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable
from nm_types.relations import (
    GREATER,
    LESS,
    Comparison,
    Permutation,
    examine,
    order_of_axes,
    order_of_kinds,
    orders_that_fit,
)
from nm_types.reporting.columns import FEW, columns_of, problem_of
from nm_types.reporting.fixes import assume_fix, transpose_fix
from nm_types.solving import Edge
from nm_types.unifying import Misfit

ALLOW_CASTS = 'or allow it for a block of calls: with nm_core.casts("transpose"):'
FORMS = {"tensor": "a tensor", "object": "an object", "list": "a list", "root": "anything"}


def report_misfit(edge: Edge, misfit: Misfit, location: str) -> Problem:
    """Report an edge whose form, axes or kind do not fit."""
    expected, actual = misfit.expected, misfit.given
    if misfit.reason == "form":
        problem = _form(edge, expected, actual)
    elif misfit.reason == "rank":
        problem = _rank(edge, expected, actual)
    elif misfit.reason == "kinds":
        problem = _unrelated_kinds(edge, misfit)
    elif misfit.reason != "axes":
        problem = _template(edge, misfit)
    else:
        problem = _axes(edge, misfit)
    return replace(problem, location=location)


def _form(edge: Edge, expected: Structure, given: Structure) -> Problem:
    if given.form == "root":
        cause = f"{edge.producer} says nothing about its values ({{}}), the port needs {expected}."
        return problem_of(edge, "NM103", cause, Comparison.GREATER, assume_fix(edge, expected, given))
    cause = f"The port takes {FORMS[expected.form]}, it is given {FORMS[given.form]}."
    fix = Fix(f"connect an output that is {FORMS[expected.form]}, or a module that converts.")
    return problem_of(edge, "NM110", cause, Comparison.INCOMPATIBLE, fix)


def _rank(edge: Edge, expected: Structure, given: Structure) -> Problem:
    rows = sum(isinstance(axis, Row) for axis in expected.axes)
    rank = f"at least {len(expected.axes) - rows}" if rows else str(len(expected.axes))
    plural = "axis" if rank.endswith(" 1") or rank == "1" else "axes"
    cause = f"The port expects {rank} {plural}, it is given {len(given.axes)}."
    fix = Fix("connect an output of that rank, or put a module between that reshapes by name.")
    return problem_of(edge, "NM102", cause, Comparison.INCOMPATIBLE, fix)


def _template(edge: Edge, misfit: Misfit) -> Problem:
    """Report a mismatch of a tag variable, a row, or the axis between two rows."""
    expected, actual, others = misfit.expected, misfit.given, misfit.others
    if misfit.reason in ("anchor", "anchors"):
        which = "no axis" if misfit.reason == "anchor" else "several axes"
        cause = f"The port looks for {_anchor(expected)}, which {which} of the value mean{'s' * (which == 'no axis')}."
        fix = Fix(f"connect a value with exactly one such axis, or construct {edge.consumer} with another meaning.")
        return problem_of(edge, "NM112", cause, Comparison.INCOMPATIBLE, fix)
    if misfit.reason == "variable":
        code, what = "NM111", "whose axes mean the same"
        cause = f"One meaning is asked for on several inputs, and this one is unrelated to that of {others}."
    else:
        code, what = "NM112", "with the same axes"
        cause = f"The axes do not agree with those of {others}."
    fix = Fix(f"connect values {what}, or convert one of them first.")
    if misfit.order is not None and misfit.is_only_order:
        cause = f"The axes are those of {others} in another order."
        fix = transpose_fix(edge, actual, misfit.order)
    problem = problem_of(edge, code, cause, Comparison.INCOMPATIBLE, fix)
    if fix.safe:
        problem = replace(problem, alternative=ALLOW_CASTS)
    return replace(problem, columns=columns_of(expected, actual, _strangers(expected, actual)), mark="does not agree")


def _axes(edge: Edge, misfit: Misfit) -> Problem:
    expected, actual = misfit.expected, misfit.given
    result = examine(actual, expected).result
    orders = [order_of_axes(first, second) for first, second in zip(actual.axes, expected.axes, strict=True)]
    wrong = tuple(index for index, order in enumerate(orders) if order >= GREATER)
    if not wrong:
        return _kind(edge, expected, actual, result)
    kind_fits = order_of_kinds(actual.kind, expected.kind) <= LESS
    proposed = () if misfit.order is None else (misfit.order,)
    ways = proposed if misfit.is_open else orders_that_fit(actual.axes, expected.axes) if kind_fits else ()
    actual_axis, needed = actual.axes[wrong[0]], expected.axes[wrong[0]]
    if ways:
        problem = _order(edge, actual, ways, result, is_only_order=not misfit.is_open or misfit.is_only_order)
    elif all(orders[index] == GREATER for index in wrong):
        meanings = f"axis {wrong[0]} is {_name(actual_axis)}, not {_name(needed)}"
        cause = f"The output promises less than the port needs: {meanings}."
        problem = problem_of(edge, "NM103", cause, result, assume_fix(edge, expected, actual), wrong, "too general")
    else:
        cause = f"Axis {wrong[0]} means {_name(actual_axis)}, the port expects {_name(needed)}."
        fix = Fix("connect another output, or a module that turns one into the other.")
        problem = problem_of(edge, "NM101", cause, result, fix, wrong, "another meaning")
    if kind_fits:
        return problem
    return replace(problem, notes=(f"The values do not fit either: {actual.kind}, expected {expected.kind}.",))


def _kind(edge: Edge, expected: Structure, given: Structure, result: Comparison) -> Problem:
    marked = (len(edge.given.axes),)
    cause = f"The values are {given.kind}, the port needs {expected.kind}."
    if order_of_kinds(given.kind, expected.kind) == GREATER:
        return problem_of(edge, "NM103", cause, result, assume_fix(edge, expected, given), marked, "too general")
    fix = Fix(f"connect an output of the kind {expected.kind}, or a module that turns {given.kind} into it.")
    return problem_of(edge, "NM106", cause, result, fix, marked, "another kind")


def _unrelated_kinds(edge: Edge, misfit: Misfit) -> Problem:
    expected, actual = misfit.expected, misfit.given
    cause = f"The values are {actual.kind}, those of {misfit.others} are {expected.kind}: no kind is common to both."
    fix = Fix("connect values of one kind, or a module that turns one kind into the other.")
    marked = (len(actual.axes),)
    problem = problem_of(edge, "NM106", cause, Comparison.INCOMPATIBLE, fix, marked, "another kind")
    return replace(problem, columns=columns_of(expected, actual, marked))


def _order(
    edge: Edge, given: Structure, orders: tuple[Permutation, ...], result: Comparison, *, is_only_order: bool
) -> Problem:
    tags = {axis.tag for axis in given.axes if isinstance(axis, AxisType)}
    if len(orders) > 1 or len(tags) < len(given.axes):
        cause = "The meanings agree in another order, but some occur more than once, so that several orders fit."
        fix = Fix(
            "where the value is made, give these axes tags of their own, or one of the orders that fit: "
            f"{' or '.join(map(str, orders[:FEW]))}."
        )
        moved = tuple(index for index in range(len(given.axes)) if any(order[index] != index for order in orders))
        return problem_of(edge, "NM109", cause, result, fix, moved, "ambiguous")
    moved = tuple(i for i, j in enumerate(orders[0]) if i != j)
    mark = "swapped" if len(moved) == 2 else "in another order"
    cause = (
        f"The meanings agree; only axes {', '.join(map(str, moved[:-1]))} and {moved[-1]} are {mark} (TRANSPOSE_SAME)."
    )
    if edge.expected.is_list:
        fix = Fix("transpose each item before it goes into the list.")
        return problem_of(edge, "NM104", cause, result, fix, moved, mark)
    fix = transpose_fix(edge, given, orders[0])
    problem = problem_of(edge, "NM104", cause, result, fix, moved, mark)
    return replace(problem, alternative=ALLOW_CASTS) if is_only_order else problem


def _name(axis: Axis) -> str:
    return axis.tag.text if isinstance(axis, AxisType) else str(axis)


def _anchor(expected: Structure) -> str:
    """Return the tag of the first axis behind a row."""
    first = next((index for index, axis in enumerate(expected.axes) if isinstance(axis, Row)), 0)
    tags = [axis.tag for axis in expected.axes[first:] if isinstance(axis, AxisType)]
    bounds = [tag.bound if isinstance(tag, TagVariable) else tag for tag in tags]
    return next((tag.text for tag in bounds if tag is not None), "an axis")


def _strangers(expected: Structure, given: Structure) -> tuple[int, ...]:
    """Return the positions at which two types have unrelated axes, or only one has an axis."""
    related = [
        not isinstance(ours.tag, Nominal)
        or not isinstance(theirs.tag, Nominal)
        or ours.tag.join(theirs.tag) is not None
        for ours, theirs in zip(expected.axes, given.axes, strict=False)
        if isinstance(ours, AxisType) and isinstance(theirs, AxisType)
    ]
    count = max(len(expected.axes), len(given.axes))
    return tuple(index for index in range(count) if index >= len(related) or not related[index])
