"""Deferred checks: what the types of a call left open is judged from shapes, once per combination of shapes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from nm_core.tensor import Call, NmTensor
from nm_types import NeuralTypeError, check_shapes


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
    expected = {port: call.module.inputs[port].type for port in call.inputs if not call.module.inputs[port].variadic}
    expected |= {
        f"{port}[{place}]": call.module.inputs[port].type
        for port, items in call.inputs.items()
        if isinstance(items, tuple)
        for place in range(len(items))
    }
    passed: set[tuple[Any, ...]] = set()

    def check(**values: Any) -> None:
        if torch.compiler.is_compiling():
            return
        shapes = tuple((port, value.shape) for port, value in _tensors(values))
        if shapes in passed:
            return
        given = {port: tuple(shape) for port, shape in shapes if port in expected}
        problems = check_shapes({port: expected[port] for port in given}, given)
        if problems:
            raise NeuralTypeError(_blame(call, given, problems), problems=problems)
        passed.add(shapes)

    check.__name__ = f"check_{call.name.replace('.', '_')}"
    check.__module__ = __name__
    return ShapeCheck(frozenset(call.inputs), check)


def _tensors(values: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for port, value in values.items():
        items = [(f"{port}[{i}]", item) for i, item in enumerate(value)] if isinstance(value, list) else [(port, value)]
        found += [(name, item) for name, item in items if isinstance(item, torch.Tensor)]
    return found


def _blame(call: Call, given: dict[str, tuple[int, ...]], problems: Any) -> str:
    """Say which values do not fit which ports, and which modules gave them."""
    producers = {port: argument.name for port, argument in call.inputs.items() if isinstance(argument, NmTensor)}
    lines = [f"{call.name} was given values whose sizes do not fit its ports ({call.location})."]
    for port, shape in given.items():
        producer = producers.get(port, "its producer")
        lines.append(f"  {producer} -> {port}: expected {call.module.inputs[port.split('[')[0]].type}, got {shape}")
    lines += [f"  {problem}" for problem in problems]
    lines.append("  The types left this open until run time; the producers above gave what does not fit.")
    return "\n".join(lines)
