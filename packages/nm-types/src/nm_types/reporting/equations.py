"""Reports of sizes that cannot be equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nm_types.messages import Fix, Problem
from nm_types.neural_type import NeuralType
from nm_types.notation import AxisType
from nm_types.relations import Comparison
from nm_types.reporting.columns import FEW, columns_of, problem_of
from nm_types.sizes import Floor, OutputSize, Size, Sum, Variable, accidental
from nm_types.solving import Edge, Equation

SOURCE = re.compile(r" at [^ ]+")


def report_equation(equation: Equation, edges: Sequence[Edge], location: str, *, swapped: bool) -> Problem:
    """Report a size that a port refuses.

    Args:
        equation: what the port asks for and what it is given.
        edges: those of the call; some of them may have decided what the port asks for.
        location: the user's line.
        swapped: whether the two sizes belong to axes of unrelated meanings.
    """
    deciders = [f"{e.producer} at {e.port}" for e in edges if e.port in equation.ports and e.port != equation.port]
    others = " and ".join(sorted(deciders))
    notes = (f"{equation.expected} comes from {others}.",) if others else ()
    if swapped:
        code = "NM107"
        what = "two values of other sequences" if equation.on_axis else "two lengths"
        cause = f"{equation.asked} would have to equal {equation.given}, a size of another meaning: {what} are swapped."
        fix = Fix(f"connect the {'values' if equation.on_axis else 'lengths'} that belong to these axes.")
    elif accidental(equation.expected, equation.given):
        code, notes = "NM108", ()
        source = f" (from {others})" if others else ""
        cause = (
            f"{equation.expected}{source} = {equation.given} (from {equation.edge.producer}) can hold only "
            f"by accident, because one of the two was {_growth(equation)} and the other was not."
        )
        fix = Fix("connect the lengths that the module which changed the features gives out beside them.")
    elif equation.on_axis:
        code = "NM105"
        cause = f"Axis {equation.place} has the size {equation.given}, expected {equation.asked}."
        fix = Fix(f"construct {_makers(equation.edge, others)} with sizes that agree.")
    else:
        code = "NM113"
        cause, fix = _of_values(equation)
    problem = _problem(equation, code, cause, fix, "differs")
    derived = tuple(str(size) for size in (equation.expected, equation.given) if not _is_plain(size))
    return replace(problem, notes=notes, derived=derived, location=location)


def _growth(equation: Equation) -> str:
    """Say what happened to one of two sizes of one name that grow differently."""
    symbols = [symbol for size in (equation.expected, equation.given) for symbol in size.terms]
    if any(isinstance(symbol, Floor) for symbol in symbols):
        return "subsampled"
    return "concatenated or repeated" if equation.on_axis is False or len(symbols) > 1 else "made longer"


def _makers(edge: Edge, others: str) -> str:
    """Name the modules of which one must be constructed with another size."""
    if others:
        return f"{edge.producer} and {SOURCE.sub('', others)}"
    return " and ".join(dict.fromkeys((edge.consumer, edge.producer.partition(".")[0])))


def _of_values(equation: Equation) -> tuple[str, Fix]:
    """Return cause and fix for a differing size of a kind."""
    expected, actual = equation.edge.expected.kind, equation.edge.given.kind
    what = type(actual).parameters[-1 - equation.place] if actual else "size"
    detail = f" with {equation.asked}" if equation.asked != str(equation.expected) else ""
    fix = Fix(f"construct the modules that these values come from with the same {what}.")
    return f"The values are {actual}, expected {expected}{detail}.", fix


def _problem(equation: Equation, code: str, cause: str, fix: Fix, mark: str) -> Problem:
    index = equation.place if equation.on_axis else len(equation.edge.given.axes)
    return problem_of(equation.edge, code, cause, Comparison.DIM_INCOMPATIBLE, fix, (index,), mark)


def _is_plain(size: Size) -> bool:
    """Whether a size is a number or a name, and so belongs to whoever declares it."""
    return not size.terms or isinstance(size.symbol, Variable | OutputSize | Sum)


def report_contradiction(equation: Equation, conflicts: Sequence[Equation], by_accident: bool = False) -> Problem:
    """Report a size that contradicts the requirements of other connections.

    Never, or for a few sizes only, by accident.
    """
    edge = equation.edge
    notes = [
        f"{conflict} because of {conflict.edge.producer} -> {conflict.edge.target}{_at(conflict)}"
        for conflict in conflicts[:FEW]
    ]
    if len(conflicts) > FEW:
        notes.append(f"... and {len(conflicts) - FEW} more.")
    how = "holds only by accident" if by_accident else "cannot hold"
    cause = f"This connection needs {equation}, which {how} together with the others of the graph:"
    fix = Fix(f"connect outputs whose sizes agree, or put a module before {edge.consumer} that makes them agree.")
    code = "NM108" if by_accident else "NM115"
    problem = _problem(equation, code, cause, fix, "contradicts")
    return replace(problem, notes=tuple(notes), location=equation.location)


def report_empty(owner: str, name: str, declared: NeuralType, output: NeuralType, location: str) -> Problem:
    """Report an output that would have no elements."""
    return Problem(
        code="NM114",
        cause=f"With these inputs {owner}.{name} would have no elements: a size is at least 1.",
        consumer=owner,
        port=name,
        expected=str(declared),
        given=str(output),
        columns=columns_of(declared, output, _empty(output)),
        mark="below 1",
        sides=("declared", "here"),
        comparison=Comparison.DIM_INCOMPATIBLE.name,
        location=location,
        fixes=(Fix(f"give {owner} longer inputs, or construct it with a smaller kernel or stride."),),
    )


def _empty(output: NeuralType) -> tuple[int, ...]:
    """Return the indices of sizes below 1: of axes, then of the kind."""
    sizes = [(index, axis.size) for index, axis in enumerate(output.axes) if isinstance(axis, AxisType)]
    sizes += [(len(output.axes), size) for size in (output.kind.sizes if output.kind is not None else ())]
    numbers = [(index, size.value) for index, size in sizes if isinstance(size, Size)]
    return tuple(dict.fromkeys(index for index, number in numbers if number is not None and number < 1))


def _at(equation: Equation) -> str:
    return f" ({equation.location})" if equation.location else ""
