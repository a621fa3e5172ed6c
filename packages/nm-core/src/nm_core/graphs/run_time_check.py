"""Checking a call while it runs: its open facts against the shapes and number families of the values that come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from nm_core.graphs.open_checks import Check
from nm_core.graphs.size_readers import Measure, Place
from nm_core.modules.free_inputs import FreeInputs
from nm_core.modules.views import behind
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, NmTensor, flat_arguments
from nm_types import Edge, Fix, NeuralType, NeuralTypeError, Problem, check_shapes
from nm_types.connecting import Measured
from nm_types.notation import Structure

T = TypeVar("T")


class Observed(NamedTuple):
    """The facts about a tensor that a check looks at.

    Attributes:
        shape: the lengths of its axes.
        family: the family of its numbers: "float", "int" or "bool"; None for others.
    """

    shape: tuple[int, ...]
    family: str | None


def build_run_time_check(
    call: Call, check: Check, observe: Callable[[Any], Observed | None]
) -> Callable[[Sequence[Any], Sequence[int | None]], None]:
    """Return a function that compares the values of a call with its types, to run before the call does.

    It takes the values of `check.ports` in order, and the lengths of the axes `check.places` in order, None for an
    absent one, and raises `NeuralTypeError` when they do not fit. It holds neither tensors nor modules.

    Args:
        call: the call, for its name and place in messages.
        check: the facts that its types left open.
        observe: looks at a tensor of the framework; None for anything else.
    """
    edges = dict(check.ports)
    # a check may outlive its graph: axes are known by their number from here on, not by their tensors
    axes = {axis: Place(index, axis.name, axis.axis) for index, axis in enumerate(check.places)}
    kinds = {
        port: [None if measure is None else _number_axes(measure, axes) for measure in measures]
        for port, measures in check.kinds.items()
    }
    owner, location = call.name, call.location
    makers = _makers(call)
    ports = {port: edge.expected for port, edge in edges.items()}
    types = {port: _value_type(edge, call.casts.get(port)) for port, edge in edges.items()}

    def run(arguments: Sequence[Any], lengths: Sequence[int | None]) -> None:
        values = {
            name: observed
            for port, argument in zip(edges, arguments, strict=True)
            for name, observed in _observe_items(port, argument, observe)
        }
        problems = check_shapes(
            {name: _type(ports, name) for name in values},
            {name: value.shape for name, value in values.items()},
            {name: value.family for name, value in values.items() if value.family is not None},
            kinds={port: [_read(size, lengths) for size in sizes] for port, sizes in kinds.items() if port in values},
            values={name: _type(types, name) for name in values},
            owner=owner,
            producers={name: _look_up(makers, name).name for name in values},
            location=location,
        )
        if problems:
            raise NeuralTypeError([_explain(p, _look_up(edges, p.port), _look_up(makers, p.port)) for p in problems])

    return run


def _observe_items(port: str, value: Any, observe: Callable[[Any], Observed | None]) -> Iterator[tuple[str, Observed]]:
    """Yield the tensors of a value: itself, or the items of a list, which have a number each."""
    observed = observe(value)
    if observed is not None:
        yield port, observed
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _observe_items(f"{port}[{index}]", item, observe)


class _Maker(NamedTuple):
    """The call behind the value of a port: views only show a value."""

    name: str
    declared: str
    free: str | None

    @classmethod
    def of(cls, tensor: NmTensor) -> _Maker:
        source = behind(tensor)
        is_free = isinstance(source.call.module, FreeInputs)
        return cls(source.name, recording.declared_at(source), source.port if is_free else None)


def _makers(call: Call) -> dict[str, _Maker]:
    """Find the call behind the value of each port."""
    return {port: _Maker.of(value) for port, value in flat_arguments(call.inputs) if isinstance(value, NmTensor)}


def _look_up(ports: Mapping[str, T], name: str) -> T:
    """Look up a port, or the list that an item is in."""
    return ports[name] if name in ports else _look_up(ports, name.rpartition("[")[0])


def _type(types: Mapping[str, NeuralType], name: str) -> NeuralType:
    """Return the type of a port or a value, or of the items of the list that it is."""
    if name in types:
        return types[name]
    item = _type(types, name.rpartition("[")[0]).item
    return NeuralType({} if item is None else item)


def _value_type(edge: Edge, order: Sequence[int] | None) -> NeuralType:
    """Return the type of the value that arrives at a port, its axes in the order of a cast."""
    value = edge.given
    if order is None:
        return value
    return NeuralType(Structure("tensor", tuple(value.axes[index] for index in order), value.kind))


def _explain(problem: Problem, edge: Edge, maker: _Maker) -> Problem:
    """Say where both ends are declared, through which view the value was seen, and what its user can do."""
    if maker.free is not None:
        problem = replace(problem, fixes=(Fix(f"give {maker.free} values of the shape that {edge.consumer} expects."),))
    if maker.name != edge.producer:
        problem = replace(problem, notes=(*problem.notes, f"It is seen through {edge.producer}."))
    return replace(problem, declared=edge.declared, given_declared=maker.declared)


def _number_axes(measure: Measure[NmTensor], axes: Mapping[Place[NmTensor], Place[int]]) -> Measure[int]:
    """Return a measure that knows its axes by their number among the lengths that a check is given."""
    return Measure(measure.size, {size: axes[axis] for size, axis in measure.places.items()})


def _read(measure: Measure[int] | None, lengths: Sequence[int | None]) -> Measured | None:
    """Return a size as a run tells it, or nothing where it cannot be read or some axis is not there."""
    if measure is None:
        return None
    numbers = {axis: lengths[axis.tensor] for axis in measure.places.values()}
    sizes = {axis: length for axis, length in numbers.items() if length is not None}
    return Measured(measure.value(sizes), measure.source(sizes)) if len(sizes) == len(numbers) else None
