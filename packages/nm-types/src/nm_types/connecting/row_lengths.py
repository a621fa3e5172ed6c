"""Lengths of rows: how many axes of real shapes each row of a call takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nm_types.neural_type import NeuralType
from nm_types.notation import Row
from nm_types.unifying import Spread, spread_axes

Shape = tuple[int, ...]
Lengths = dict[str, int]


def row_lengths(
    expected: Mapping[str, NeuralType], shapes: Mapping[str, Shape], values: Mapping[str, NeuralType]
) -> Iterator[Lengths]:
    """Yield how many axes each row takes, once for every way that ranks and the tags of values leave.

    A row that has two lengths has that of the port that comes first; the other port does not fit.

    Args:
        expected: the types of the ports.
        shapes: the shapes of their values.
        values: the types of these values, where they are known.
    """
    ports: list[tuple[list[str], int]] = []
    lengths: Lengths = {}
    for port, shape in shapes.items():
        axes = expected[port].axes
        rows = [axis.name for axis in axes if isinstance(axis, Row)]
        spare = len(shape) - len(axes) + len(rows)
        if not rows or spare < 0:  # a value with too few axes decides nothing
            continue
        value = values.get(port)
        if len(rows) > 1 and value is not None and len(value.axes) == len(shape):
            spread = spread_axes(axes, value.axes)
            if isinstance(spread, Spread):
                lengths.update({name: stop - start for name, start, stop in spread.rows if name not in lengths})
        ports.append((rows, spare))
    yield from _complete(ports, lengths)


def _complete(ports: Sequence[tuple[list[str], int]], lengths: Lengths) -> Iterator[Lengths]:
    """Yield the lengths of all rows, given some: of the one that a port leaves open, or any where it leaves several."""
    waiting = ports
    while True:
        several = []
        before = len(lengths)
        for rows, spare in waiting:
            unknown = dict.fromkeys(name for name in rows if name not in lengths)
            if len(unknown) > 1:
                several.append((rows, spare))
            for name in unknown if len(unknown) == 1 else ():
                rest = spare - sum(lengths.get(row, 0) for row in rows)
                lengths = {**lengths, name: max(0, rest // rows.count(name))}
        waiting = several
        if len(lengths) == before:
            break
    if not waiting:
        yield lengths
        return
    rows, spare = waiting[0]
    first = next(name for name in rows if name not in lengths)
    for length in range(spare + 1):
        yield from _complete(waiting, {**lengths, first: length})
