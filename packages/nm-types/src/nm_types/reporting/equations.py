"""Sizes that cannot be equal, put into words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nm_types.messages import Fix, Problem
from nm_types.neural_type import NeuralType
from nm_types.notation import AxisType
from nm_types.relations import Comparison
from nm_types.reporting.columns import FEW, columns_of, problem_of
from nm_types.sizes import Rigid, Size, Sum, Variable
from nm_types.solving import Equation

SOURCE = re.compile(r" at [^ ]+")


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
    problem = problem_of(edge, code, cause, Comparison.DIM_INCOMPATIBLE, fix, (place,), "differs")
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
    problem = problem_of(edge, code, cause, Comparison.DIM_INCOMPATIBLE, fix, (place,), "contradicts")
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


def _at(equation: Equation) -> str:
    return f" ({equation.location})" if equation.location else ""
