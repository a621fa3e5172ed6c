"""Inputs of the user: values that cannot be invented, and the sizes that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nm_core import NeuralModule
from nm_core.errors import did_you_mean
from nm_core.probing.port_uses import Use
from nm_core.probing.size_choice import complete
from nm_core.probing.slots import Slot
from nm_torch.checking.rules import OutputValue
from nm_torch.checking.values import check_values
from nm_torch.errors import ModuleCheckError
from nm_torch.values import family_of
from nm_types import Size, check_shapes
from nm_types.sizes import Sum, Variable

SEARCHED = 64
"""How many times a size a name is looked for, where only an expression over it is known."""


def check_names(module: NeuralModule, inputs: Mapping[str, Any], sizes: Mapping[str, int], names: set[str]) -> None:
    """Refuse inputs that are no ports, and sizes that no input mentions or that are none."""
    for port in inputs:
        if port not in module.inputs:
            ports = ", ".join(module.inputs) or "none"
            guess = did_you_mean(port, module.inputs)
            raise ModuleCheckError(f'{module.name} has no input "{port}".{guess}\n  Its inputs: {ports}.')
    for name, size in sizes.items():
        if name not in names:
            guess = did_you_mean(name, names)
            listed = ", ".join(sorted(names)) or "none"
            raise ModuleCheckError(f'No input of {module.name} has a size "{name}".{guess}\n  Sizes: {listed}.')
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ModuleCheckError(f"sizes: {name} is {size!r}; a size is a whole number of at least 1.")


def by_slot(use: Use, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the user by slot name; tensors are copied, since a module may write into them."""
    values: dict[str, Any] = {}
    for slot in use.inputs:
        if slot.port in inputs:
            value = inputs[slot.port]
            if slot.name != slot.port:
                value = value[int(slot.name[len(slot.port) + 1 : -1])]
            values[slot.name] = value.detach().clone() if isinstance(value, Tensor) else value
    return values


def solve_sizes(use: Use, values: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes that follow from the user's values, together with the user's sizes.

    Raises:
        ModuleCheckError: a value does not fit its port, or leaves a name open that only an expression mentions.
    """
    names = {str(name) for slot in use.inputs for size in _all_sizes(slot) for name in size.symbols()}
    solved = {name: size for name, size in sizes.items() if name in names}
    lengths = [
        (slot, size, length)
        for slot in use.inputs
        if isinstance(values.get(slot.name), Tensor)
        for size, length in zip(slot.sizes(), values[slot.name].shape, strict=False)
    ]
    for slot, size, length in lengths:
        if isinstance(size.symbol, Variable):
            before = solved.setdefault(str(size.symbol), length)
            if before != length:
                raise ModuleCheckError(
                    f'The value given for "{slot.port}" does not fit: {size} is {length} there, and {before} elsewhere.'
                )
    for slot, size, length in lengths:
        unknown = [name for name in size.symbols() if str(name) not in solved and not isinstance(name, Sum)]
        if len(unknown) == 1:
            solved[str(unknown[0])] = _solve_size(slot, size, str(unknown[0]), length, solved)
    return solved


def check_user_inputs(module: NeuralModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    """Refuse values of the user that do not fit their ports."""
    slots = {slot.name: slot for slot in use.inputs if isinstance(values.get(slot.name), Tensor)}
    types = {name: slot.core for name, slot in slots.items()}
    shapes = {name: tuple(values[name].shape) for name in slots}
    families = {name: family for name in slots if (family := family_of(values[name].dtype)) is not None}
    for problem in check_shapes(types, shapes, families, owner=module.name):
        raise ModuleCheckError(f'The value given for "{problem.port}" does not fit its port. {problem.cause}')
    for name, slot in slots.items():
        fault = check_values(OutputValue(slot, values[name].detach().cpu(), complete(sizes), {}))
        if fault is not None:
            raise ModuleCheckError(f'The value given for "{slot.port}" is not what its port says. {fault.cause}')


def _all_sizes(slot: Slot) -> Sequence[Size]:
    size = slot.kind_size()
    return slot.sizes() if size is None else (*slot.sizes(), size)


def _solve_size(slot: Slot, size: Size, name: str, length: int, sizes: Mapping[str, int]) -> int:
    # By trial, as sizes divide and round: an inverse of every expression would be a solver of its own.
    fitting = [
        value
        for value in range(1, SEARCHED * (length + 1))
        if size.evaluate(complete({**sizes, name: value})) == length
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ModuleCheckError(f'The value given for "{slot.port}" does not fit: no {name} makes {size} be {length}.')
    raise ModuleCheckError(
        f'The value given for "{slot.port}" leaves {name} open: {size} is {length} for {fitting[0]} to {fitting[-1]}.\n'
        f'  Say which: check_module(module, inputs=..., sizes={{"{name}": {fitting[0]}}}).'
    )


def describe(value: Any) -> str:
    """Return a value in a few words: `int64 [3]`, `2 of float32 [3, 5]`, `str`."""
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    if isinstance(value, list):
        return f"a list of {len(value)}" if not value or not isinstance(value[0], torch.Tensor) else _tensors(value)
    return type(value).__name__


def _tensors(values: Sequence[Any]) -> str:
    return f"[{', '.join(map(describe, values))}]"
