"""The ways in which the ports of a module can be used: rows, optional inputs, variadic inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from nm_core import NeuralModule, Port
from nm_core.probing.slots import Slot, written_out
from nm_types.notation import Row, Structure

ROW_LENGTHS = (1, 0, 2)
ELEMENTS = (2, 3)
MOST_ROWS = 2
"""Rows that are tried in all combinations; where there are more, all stand for equally many axes."""


@dataclass(frozen=True, slots=True)
class Use:
    """One way to use the ports of a module.

    Attributes:
        text: what sets it apart from the others.
        inputs: the values that go in.
        outputs: the values that come out.
        open: the optional inputs that stay open.
    """

    text: str
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    open: frozenset[str]

    def may_lack(self, port: Port) -> bool:
        """Tell whether an output may come out as None in this use."""
        return bool(self.open & set(port.needs)) or (port.optional and not port.needs)


def uses_of(module: NeuralModule, given: Mapping[str, Any]) -> list[Use]:
    """Return the ways to use a module's ports: all optional inputs and none, rows of 0 to 2 axes, 2 and 3 elements.

    Args:
        module: its ports are looked at, nothing is called.
        given: values of the caller, which decide the rows and the elements of their ports.
    """
    optional = frozenset(port.name for port in module.inputs.values() if port.optional)
    found: list[Use] = []
    for left_open in (frozenset(), optional) if optional else (frozenset(),):
        ports = [port for port in module.inputs.values() if port.name not in left_open]
        for rows in _rows(ports, given):
            for count in ELEMENTS if any(port.variadic and port.name not in given for port in ports) else (0,):
                words = [_optional(len(optional), bool(left_open))] if optional else []
                words += [f"*{row} of {_axes(length)}" for row, length in rows.items()]
                words += [f"{port.name} of {count}" for port in ports if port.variadic and port.name not in given]
                inputs = tuple(slot for port in ports for slot in _slots(port, rows, given, count))
                outputs = tuple(
                    Slot(port.name, port.name, written_out(port.type, rows), is_output=True)
                    for port in module.outputs.values()
                )
                found.append(Use(", ".join(words), inputs, outputs, left_open))
    return found


def _optional(count: int, none: bool) -> str:
    if count == 1:
        return "without its optional input" if none else "with its optional input"
    return "without optional inputs" if none else "with all optional inputs"


def _axes(count: int) -> str:
    return f"{count or 'no'} {'axis' if count == 1 else 'axes'}"


def _slots(port: Port, rows: Mapping[str, int], given: Mapping[str, Any], count: int) -> Iterator[Slot]:
    type = written_out(port.type, rows)
    if not port.variadic:
        yield Slot(port.name, port.name, type)
        return
    for index in range(len(given[port.name]) if port.name in given else count):
        yield Slot(port.name, f"{port.name}[{index}]", type)


def _rows(ports: Sequence[Port], given: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    fixed: dict[str, int] = {}
    for port in ports:
        if port.name in given:
            fixed |= _decided(port, given[port.name])
    free = dict.fromkeys(row for port in ports for row in _rows_of(port.type) if row not in fixed)
    if len(free) > MOST_ROWS:
        yield from (fixed | dict.fromkeys(free, length) for length in ROW_LENGTHS)
    else:
        yield from (fixed | dict(zip(free, lengths, strict=True)) for lengths in product(ROW_LENGTHS, repeat=len(free)))


def _rows_of(type: Structure) -> list[str]:
    return _rows_of(type.item) if type.item is not None else [one.name for one in type.axes if isinstance(one, Row)]


def _decided(port: Port, value: Any) -> dict[str, int]:
    """The axes that the row of a port stands for in a value of the caller."""
    tensor = value[0] if port.variadic and len(value) else value
    rows = _rows_of(port.type)
    if port.type.form != "tensor" or len(rows) != 1 or not hasattr(tensor, "shape"):
        return {}
    return {rows[0]: max(0, len(tensor.shape) - len(port.type.axes) + 1)}
