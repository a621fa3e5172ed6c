"""The ways in which the ports of a module can be used: rows, optional inputs, variadic inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from nm_core.modules.module import NeuralModule
from nm_core.probing.slots import Slot, written_out
from nm_core.symbols.ports import Port
from nm_types import Size
from nm_types.notation import Row, Structure
from nm_types.sizes import Count, Name
from nm_types.unifying import with_sizes

ROW_LENGTHS = (1, 0, 2)
ELEMENTS = (2, 3)
MOST_ROWS = 2
"""Rows that are tried in all combinations; where there are more, all stand for equally many axes."""


@dataclass(frozen=True, slots=True)
class Use:
    """One way to use the ports of a module.

    Attributes:
        text: the difference from the others, in words.
        inputs: the slots of its inputs.
        outputs: the slots of its outputs.
        open: the optional inputs that stay open.
    """

    text: str
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    open: frozenset[str]

    def may_lack(self, port: Port) -> bool:
        """Tell whether an output may come out as None in this use."""
        return bool(self.open & set(port.needs)) or (port.optional and not port.needs)


def uses_of(module: NeuralModule, values: Mapping[str, Any]) -> list[Use]:
    """Return the ways to use a module's ports: all optional inputs and none, rows of 0 to 2 axes, 2 and 3 elements.

    Args:
        module: its ports are looked at, nothing is called.
        values: values of the caller, which decide the rows and the elements of their ports.
    """
    optional = frozenset(port.name for port in module.inputs.values() if port.optional)
    uses: list[Use] = []
    for unused in (frozenset(), optional) if optional else (frozenset(),):
        ports = [port for port in module.inputs.values() if port.name not in unused]
        free = [port.name for port in ports if port.variadic and port.name not in values]
        for rows in _row_lengths(ports, values):
            for elements in ELEMENTS if free else (0,):
                words = [_describe_optional(len(optional), bool(unused))] if optional else []
                words += [
                    f"*{row} of {length or 'no'} {'axis' if length == 1 else 'axes'}" for row, length in rows.items()
                ]
                words += [f"{name} of {elements}" for name in free]
                slots = [slot for port in ports for slot in _slots(port, rows, values, elements)]
                slots += [
                    Slot(port.name, port.name, written_out(port.type, rows), is_output=True)
                    for port in module.outputs.values()
                ]
                counted = _counted(slots, ports)
                inputs = tuple(slot for slot in counted if not slot.is_output)
                outputs = tuple(slot for slot in counted if slot.is_output)
                uses.append(Use(", ".join(words), inputs, outputs, unused))
    return uses


def _describe_optional(count: int, none: bool) -> str:
    if count == 1:
        return "without its optional input" if none else "with its optional input"
    return "without optional inputs" if none else "with all optional inputs"


def _slots(port: Port, rows: Mapping[str, int], values: Mapping[str, Any], count: int) -> Iterator[Slot]:
    type = written_out(port.type, rows)
    if not port.variadic:
        yield Slot(port.name, port.name, type)
        return
    for index in range(len(values[port.name]) if port.name in values else count):
        yield Slot(port.name, f"{port.name}[{index}]", type)


def _counted(slots: Sequence[Slot], ports: Sequence[Port]) -> list[Slot]:
    """Return slots with numbers in the place of `count(xs)`."""
    elements = Counter(slot.port for slot in slots if not slot.is_output)
    counts: dict[Name, Size] = {Count(port.name): Size(elements[port.name]) for port in ports if port.variadic}
    return [replace(slot, type=with_sizes(slot.type, counts)) for slot in slots] if counts else list(slots)


def _row_lengths(ports: Sequence[Port], values: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    """Yield the combinations of axes that rows stand for; values of the caller fix those of their ports."""
    fixed: dict[str, int] = {}
    for port in ports:
        rows = _rows_of(port.type)
        value: Any = values.get(port.name)
        tensor = value[0] if port.variadic and value is not None and len(value) else value
        if port.type.form == "tensor" and len(rows) == 1 and hasattr(tensor, "shape"):
            fixed[rows[0]] = max(0, len(tensor.shape) - len(port.type.axes) + 1)
    free = dict.fromkeys(row for port in ports for row in _rows_of(port.type) if row not in fixed)
    if len(free) > MOST_ROWS:
        yield from (fixed | dict.fromkeys(free, length) for length in ROW_LENGTHS)
    else:
        yield from (fixed | dict(zip(free, lengths, strict=True)) for lengths in product(ROW_LENGTHS, repeat=len(free)))


def _rows_of(type: Structure) -> list[str]:
    return _rows_of(type.item) if type.item is not None else [axis.name for axis in type.axes if isinstance(axis, Row)]
