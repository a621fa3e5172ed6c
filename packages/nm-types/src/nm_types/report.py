"""Putting a bad edge into words: its cause, the columns at fault and what to do next."""

from __future__ import annotations

from nm_types.compare import Comparison, examine
from nm_types.edge import Edge, Equation
from nm_types.matching import Permutation, orders_that_fit
from nm_types.nominal import Nominal
from nm_types.problem import Fix, Problem
from nm_types.structure import AxisType, Structure
from nm_types.unify import Misfit


def report_misfit(edge: Edge, misfit: Misfit, location: str) -> Problem:
    """The problem of an edge whose axes, kind or form do not fit."""
    expected, given = misfit.expected, misfit.given
    if misfit.reason == "form":
        return _form(edge, expected, given, location)
    if misfit.reason == "rank":
        return _rank(edge, location)
    if misfit.reason in ("anchor", "anchors", "variable", "row"):
        return _template(edge, misfit.reason, location)
    details = examine(given, expected)
    if details.reason == "kind":
        return _kind(edge, given, details.result, location)
    orders = () if misfit.is_open else orders_that_fit(given.axes, expected.axes)
    if details.reason in ("tags", "order") and orders:
        return _order(edge, given, orders, details.result, location)
    if details.result is Comparison.GREATER:
        return _greater(edge, expected, given, details.axes, location)
    return _meaning(edge, expected, given, details.axes, details.result, location)


def report_equation(edge: Edge, equation: Equation, code: str, origin: str, location: str) -> Problem:
    """The problem of a size that cannot be what the port asks for; `origin` says where the port's size comes from."""
    place = equation.place
    on_kind = place < 0
    column = len(edge.given.axes) if on_kind else place
    asked = _asked(equation)
    notes: tuple[str, ...] = ()
    if code == "NM107":
        cause = f"{asked} would have to equal {equation.given}, a size of another meaning: two lengths are swapped."
        fixes = (Fix("connect the lengths that belong to these axes."),)
    elif code == "NM108":
        cause = f"{asked} = {equation.given} holds by accident at most: one of the two was subsampled, not the other."
        fixes = (Fix("connect the lengths that the subsampling module gives out together with its features."),)
        notes = (f"{equation.expected} ({origin}) = {equation.given} (from {edge.producer})",)
    elif on_kind:
        what = type(edge.given.kind).parameters[-1 - place] if edge.given.kind else "size"
        cause = f"The {what} of the values is {equation.given}, expected {asked}."
        fixes = (Fix(f"construct {edge.consumer} and {edge.producer.partition('.')[0]} with one and the same {what}."),)
        notes = (f"{equation.written} is {equation.expected}: {origin}",) if origin else ()
    else:
        cause = f"Axis {place} has the size {equation.given}, expected {asked}."
        fixes = (Fix(f"construct {edge.consumer} and {edge.producer.partition('.')[0]} with sizes that agree."),)
        notes = (f"{equation.written} is {equation.expected}: {origin}",) if origin else ()
    return _problem(
        edge,
        code,
        cause,
        location,
        marked=(column,),
        mark="differs",
        comparison=Comparison.DIM_INCOMPATIBLE,
        fixes=fixes,
        notes=notes,
    )


def _asked(equation: Equation) -> str:
    text = str(equation.expected)
    return text if equation.written in (text, "B") or equation.written[0] == "*" else f"{equation.written} = {text}"


def _form(edge: Edge, expected: Structure, given: Structure, location: str) -> Problem:
    if given.form == "root":
        return _problem(
            edge,
            "NM103",
            f"{edge.producer} says nothing about its values ({{}}), the port needs {expected}.",
            location,
            comparison=Comparison.GREATER,
            fixes=(_assume(edge),),
        )
    names = {"tensor": "a tensor", "object": "an object", "list": "a list"}
    return _problem(
        edge,
        "NM110",
        f"The port takes {names[expected.form]}, it is given {names[given.form]}.",
        location,
        comparison=Comparison.INCOMPATIBLE,
        fixes=(Fix(f"connect an output that is {names[expected.form]}, or a module that converts."),),
    )


def _rank(edge: Edge, location: str) -> Problem:
    expected, given = edge.expected.rank, len(edge.given.axes)
    wanted = f"{expected} axes" if expected is not None else "more axes"
    return _problem(
        edge,
        "NM102",
        f"The port expects {wanted}, it is given {given}.",
        location,
        comparison=Comparison.INCOMPATIBLE,
        fixes=(Fix("connect an output of that rank, or put a module between that reshapes by name."),),
    )


def _template(edge: Edge, reason: str, location: str) -> Problem:
    code, cause, fix = {
        "anchor": ("NM112", "No axis has the meaning that the port looks for.", "name an axis that the value has."),
        "anchors": ("NM112", "More than one axis has the meaning that the port looks for.", "name a narrower tag."),
        "variable": ("NM111", "A tag variable has met another tag on this call, unrelated to this one.", ""),
        "row": ("NM112", "The axes do not agree with those of the other inputs of this call.", ""),
    }[reason]
    fixes = (Fix(fix or "connect values whose axes mean the same, or convert one of them first."),)
    return _problem(edge, code, cause, location, comparison=Comparison.INCOMPATIBLE, fixes=fixes)


def _kind(edge: Edge, given: Structure, result: Comparison, location: str) -> Problem:
    wanted = edge.expected.kind
    greater = result is Comparison.GREATER
    return _problem(
        edge,
        "NM103" if greater else "NM106",
        f"The values are {given.kind}, the port needs {wanted}.",
        location,
        marked=(len(edge.given.axes),),
        mark="too general" if greater else "another kind",
        comparison=result,
        fixes=(_assume(edge),)
        if greater
        else (Fix(f"connect an output of the kind {wanted}, or a module that turns {given.kind} into {wanted}."),),
    )


def _order(edge: Edge, given: Structure, orders: tuple[Permutation, ...], result: Comparison, location: str) -> Problem:
    repeated = len({one.tag for one in given.axes if isinstance(one, AxisType)}) < len(given.axes)
    value = edge.producer.rpartition(".")[2]
    if len(orders) > 1 or repeated:
        ways = "; ".join(map(str, orders))
        return _problem(
            edge,
            "NM109",
            "The meanings agree in another order, but tags occur more than once, so that several orders fit.",
            location,
            marked=tuple(range(len(given.axes))),
            mark="ambiguous",
            comparison=result,
            fixes=(Fix(f"permute the value yourself, by one of: {ways}."),),
        )
    order = " ".join(_name(axis) for axis in (given.axes[i] for i in orders[0]))
    places = [i for i, j in enumerate(orders[0]) if i != j]
    mark = "swapped" if len(places) == 2 else "in another order"
    moved = f"{', '.join(map(str, places[:-1]))} and {places[-1]}"
    return _problem(
        edge,
        "NM104",
        f"The meanings agree; only axes {moved} are {mark}.",
        location,
        marked=tuple(places),
        mark=mark,
        comparison=result,
        fixes=(Fix(f'{edge.consumer}({edge.port}=transpose({value}, "{order}"))', safe=True),),
        notes=(),
        last='or allow it in this graph: casts="transpose"',
    )


def _greater(edge: Edge, expected: Structure, given: Structure, axes: tuple[int, ...], location: str) -> Problem:
    names = ", ".join(f"{_name(given.axes[i])}, the port needs {_name(expected.axes[i])}" for i in axes)
    return _problem(
        edge,
        "NM103",
        f"The output promises less than the port needs: axis {axes[0] if axes else 0} is {names}.",
        location,
        marked=axes,
        mark="too general",
        comparison=Comparison.GREATER,
        fixes=(_assume(edge),),
    )


def _meaning(
    edge: Edge, expected: Structure, given: Structure, axes: tuple[int, ...], result: Comparison, location: str
) -> Problem:
    first = axes[0] if axes else 0
    return _problem(
        edge,
        "NM101",
        f"Axis {first} means {_name(given.axes[first])}, the port expects {_name(expected.axes[first])}.",
        location,
        marked=axes,
        mark="another meaning",
        comparison=result,
        fixes=(Fix("connect another output, or a module that turns one into the other."),),
    )


def _assume(edge: Edge) -> Fix:
    value = edge.producer.rpartition(".")[2]
    return Fix(f'if you know that it holds: {edge.consumer}({edge.port}=assume({value}, "{edge.expected}"))')


def _name(axis: object) -> str:
    tag = getattr(axis, "tag", axis)
    return tag.text if isinstance(tag, Nominal) else str(tag)


def _problem(
    edge: Edge,
    code: str,
    cause: str,
    location: str,
    *,
    marked: tuple[int, ...] = (),
    mark: str = "",
    comparison: Comparison,
    fixes: tuple[Fix, ...],
    notes: tuple[str, ...] = (),
    last: str = "",
) -> Problem:
    expected, given = columns(edge.expected), columns(edge.given)
    width = max(len(edge.expected.axes), len(edge.given.axes))
    with_kinds = edge.expected.kind is not None or edge.given.kind is not None
    if edge.expected.form == edge.given.form == "tensor" and with_kinds:
        expected = _padded(edge.expected, width)
        given = _padded(edge.given, width)
    marked = tuple(width if i == len(edge.given.axes) and i not in range(width) else i for i in marked)
    return Problem(
        code=code,
        cause=cause,
        consumer=edge.consumer,
        port=edge.port,
        producer=edge.producer,
        expected=str(edge.expected),
        given=str(edge.given),
        expected_axes=expected,
        given_axes=given,
        marked=marked,
        mark=mark,
        comparison=comparison.name,
        declared=edge.declared,
        given_declared=edge.given_declared,
        location=location,
        fixes=fixes,
        notes=notes,
        alternative=last,
    )


def columns(structure: Structure) -> tuple[str, ...]:
    """A type axis by axis, for a table."""
    return tuple(map(str, structure.axes)) if structure.form == "tensor" else (str(structure),)


def _padded(structure: Structure, width: int) -> tuple[str, ...]:
    axes = columns(structure)
    kind = "-" if structure.kind is None else str(structure.kind)
    return (*axes, *("-" for _ in range(width - len(axes))), f"; {kind}")
