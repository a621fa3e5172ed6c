"""Run-time checks: shapes decide what the types of a call left open, once per combination of shapes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from nm_core import NmTensor
from nm_core.graphs.open_checks import Check
from nm_core.graphs.run_time_check import build_run_time_check
from nm_core.graphs.size_readers import Place
from nm_core.symbols.tensor import Call
from nm_torch.values import observe

MOST_COMBINATIONS = 4096
"""Combinations of shapes that one check remembers; beyond, it forgets them all and begins anew."""


class ShapeCheck(NamedTuple):
    """A check that runs before a call.

    Attributes:
        ports: the ports whose values it takes, the elements of variadic ones one by one.
        dims: the axes whose lengths it takes after these values, as `length_of` reads them.
        function: takes all these in order and raises when they do not fit; it returns nothing.
    """

    ports: tuple[str, ...]
    dims: tuple[Place[NmTensor], ...]
    function: Callable[..., None]

    def run(self, arguments: Mapping[str, Any], values: Mapping[NmTensor, Any]) -> None:
        """Check the arguments of a call that runs outside of lowered code; lengths are read from `values`."""
        elements = element_by_element(arguments)
        lengths = [length_of(values.get(dim.tensor), dim.axis) for dim in self.dims]
        self.function(*(elements[port] for port in self.ports), *lengths)


def shape_check(call: Call, check: Check | None) -> ShapeCheck | None:
    """Return the check that a call's types left for run time, or nothing where a run can see no more than they say.

    It looks at shapes and dtypes alone, so that no value is read from a device, and remembers those that fit; it keeps
    neither tensors nor modules alive. Code under `torch.compile` and the exporter specialises on shapes and runs
    without the check; an eager run of the same graph has it.
    """
    if check is None or not check.ports:
        return None
    check_sizes = build_run_time_check(call, check, observe)
    count = len(check.ports)
    passed: set[tuple[Any, ...]] = set()

    def run(*values: Any) -> None:
        # Looking shapes up in a Python set would break the compiled graph.
        if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined]
            return
        # The usual case is written out, as a call of _fact for each tensor is the most that a check costs.
        facts = tuple([(v.shape, v.dtype) if isinstance(v, torch.Tensor) else _fact(v) for v in values])
        if facts in passed:
            return
        check_sizes(values[:count], values[count:])
        if len(passed) >= MOST_COMBINATIONS:
            passed.clear()
        passed.add(facts)

    run.__name__ = f"check_{call.name.replace('.', '_')}"
    run.__module__ = __name__
    return ShapeCheck(tuple(check.ports), check.places, run)


def element_by_element(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with the elements of lists beside them, as `xs[0]`, `xs[1]` and so on."""
    elements = {
        f"{port}[{index}]": item
        for port, value in arguments.items()
        if isinstance(value, list)
        for index, item in enumerate(value)
    }
    return {**arguments, **elements}


def length_of(value: Any, axis: int) -> int | None:
    """Return the length of an axis; None where a value stays open or has no such axis."""
    return value.shape[axis] if isinstance(value, torch.Tensor) and axis < value.dim() else None


def _fact(value: Any) -> Any:
    """Return the part of a value that a check depends on: shape and dtype of tensors, also in lists, or a length."""
    if isinstance(value, torch.Tensor):
        return value.shape, value.dtype
    if isinstance(value, list | tuple):
        return tuple(_fact(item) for item in value)
    return value if isinstance(value, int) else None
