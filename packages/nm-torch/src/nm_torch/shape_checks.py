"""Deferred checks: what the types of a call left open is judged from shapes, once per combination of shapes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from nm_core.tensor import Call, Constant, NmTensor
from nm_types import NeuralType, NeuralTypeError, check_shapes


class ShapeCheck(NamedTuple):
    """A check that runs before a call.

    Attributes:
        ports: the inputs whose shapes it looks at.
        function: takes their values by port and raises when they do not fit; it gives nothing.
    """

    ports: frozenset[str]
    function: Callable[..., None]


def shape_check(call: Call) -> ShapeCheck | None:
    """Return the check that a call's types left for run time, or nothing when they were decided in full.

    Code under `torch.compile` specialises on shapes and runs without the check; an eager run of the same graph has it.
    """
    if not call.typing.deferred:
        return None
    expected: dict[str, NeuralType] = {}
    producers: dict[str, str] = {}
    for port, argument in call.inputs.items():
        items: dict[str, NmTensor | Constant] = {}
        if isinstance(argument, tuple):
            items |= {f"{port}[{i}]": item for i, item in enumerate(argument)}
        else:
            items[port] = argument
        for name, item in items.items():
            expected[name] = call.module.inputs[port].type
            producers[name] = item.name if isinstance(item, NmTensor) else "a constant"
    passed: set[tuple[Any, ...]] = set()

    def check(**values: Any) -> None:
        if torch.compiler.is_compiling():
            return
        facts = tuple((port, value.shape, value.dtype) for port, value in _tensors(values))
        if facts in passed:
            return
        shapes = {port: tuple(shape) for port, shape, _ in facts}
        families = {port: family for port, _, dtype in facts if (family := family_of(dtype)) is not None}
        known = {port: expected[port] for port in shapes}
        problems = check_shapes(known, shapes, families, owner=call.name, producers=producers)
        if problems:
            raise NeuralTypeError(problems)
        passed.add(facts)

    check.__name__ = f"check_{call.name.replace('.', '_')}"
    check.__module__ = __name__
    return ShapeCheck(frozenset(call.inputs), check)


def _tensors(values: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for port, value in values.items():
        items = [(f"{port}[{i}]", item) for i, item in enumerate(value)] if isinstance(value, list) else [(port, value)]
        found += [(name, item) for name, item in items if isinstance(item, torch.Tensor)]
    return found


def family_of(dtype: torch.dtype) -> str | None:
    """Return the family of numbers that a type of the framework belongs to, as nm-types calls it."""
    if dtype is torch.bool:
        return "bool"
    if dtype.is_complex:
        return None
    return "float" if dtype.is_floating_point else "int"
