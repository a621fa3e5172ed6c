"""Problems with the two types of an edge side by side."""

from __future__ import annotations

from nm_types.meanings import KindVariable
from nm_types.messages import Column, Fix, Problem
from nm_types.notation import Structure
from nm_types.relations import Comparison
from nm_types.solving import Edge
from nm_types.unifying import lay_out_rows

FEW = 4
"""Connections, or orders of axes, that a message shows beside the one at fault."""


def problem_of(
    edge: Edge,
    code: str,
    cause: str,
    comparison: Comparison,
    fix: Fix,
    marked: tuple[int, ...] = (),
    mark: str = "",
) -> Problem:
    """Build the problem of an edge with one fix; `marked` numbers the columns at fault, the kind after all axes."""
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


def columns_of(expected: Structure, given: Structure, marked: tuple[int, ...] = ()) -> tuple[Column, ...]:
    """Align two types axis by axis, the kind last; types that cannot be aligned take one column.

    A row of the port stands above each of the axes that it takes.
    """
    if expected.form != "tensor" or given.form != "tensor":
        return (Column("type", str(expected), str(given), True),)
    axes = lay_out_rows(expected.axes, given.axes)
    if axes is None:
        return (Column("type", str(expected), str(given), False),)
    count = max(len(axes), len(given.axes))
    rows = [[*map(str, side), *["-"] * (count - len(side))] for side in (axes, given.axes)]
    columns = [Column(f"axis {i}", rows[0][i], rows[1][i], i in marked) for i in range(count)]
    of_kind = count in marked
    if not isinstance(expected.kind, KindVariable | None) or of_kind:
        kinds = ["-" if side.kind is None else str(side.kind) for side in (expected, given)]
        columns.append(Column("values", kinds[0], kinds[1], of_kind))
    return tuple(columns)
