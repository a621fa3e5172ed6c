"""Deferred checks: what the types of a call left open is judged from shapes, once per combination of shapes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from nm_core import NmTensor
from nm_core.deferred import Check
from nm_core.measuring import Measure, Place
from nm_core.tensor import Call
from nm_types import Edge, NeuralType, NeuralTypeError, Problem, check_shapes
from nm_types.shapes import Measured

MOST_COMBINATIONS = 4096
"""Combinations of shapes that one check remembers; past it, it forgets them all and begins anew."""


class ShapeCheck(NamedTuple):
    """A check that runs before a call.

    Attributes:
        ports: the ports whose values it looks at, the elements of variadic ones one by one.
        places: the axes whose lengths it is given after these values, as `length_of` reads them.
        function: takes all these in order and raises when they do not fit; it gives nothing.
    """

    ports: tuple[str, ...]
    places: tuple[Place[NmTensor], ...]
    function: Callable[..., None]


def shape_check(call: Call, check: Check[NmTensor] | None) -> ShapeCheck | None:
    """Return the check that a call's types left for run time, or nothing where a run can see no more than they say.

    It looks at shapes and dtypes alone, so that no value is read from a device, and remembers those that fit; it keeps
    neither tensors nor modules alive. Code under `torch.compile` and the exporter specialises on shapes and runs
    without the check; an eager run of the same graph has it.
    """
    if check is None or not check.ports:
        return None
    judge = _judge(call, check)
    passed: set[tuple[Any, ...]] = set()

    def run(*given: Any) -> None:
        if torch.compiler.is_compiling() or torch.jit.is_tracing():
            return
        facts = tuple([(one.shape, one.dtype) if isinstance(one, torch.Tensor) else _fact(one) for one in given])
        if facts in passed:
            return
        judge(given)
        if len(passed) >= MOST_COMBINATIONS:
            passed.clear()
        passed.add(facts)

    run.__name__ = f"check_{call.name.replace('.', '_')}"
    run.__module__ = __name__
    return ShapeCheck(tuple(check.ports), check.places, run)


def length_of(value: Any, axis: int) -> int | None:
    """Return the length of an axis; None where a value stays open or has no such axis."""
    return value.shape[axis] if isinstance(value, torch.Tensor) and axis < value.dim() else None


def _judge(call: Call, check: Check[NmTensor]) -> Callable[[Sequence[Any]], None]:
    """Return what compares shapes with types and raises; it knows names and types, and nothing of the graph."""
    edges = dict(check.ports)
    places = {place: Place(index, place.name, place.axis) for index, place in enumerate(check.places)}
    kinds = {port: [one and _placed(one, places) for one in sizes] for port, sizes in check.kinds.items()}
    owner, location = call.name, call.location

    def judge(given: Sequence[Any]) -> None:
        values = {name: one for port, value in zip(edges, given, strict=False) for name, one in _items(port, value)}
        lengths = given[len(edges) :]
        problems = check_shapes(
            {name: _type(edges, name) for name in values},
            {name: tuple(value.shape) for name, value in values.items()},
            {name: family for name, value in values.items() if (family := family_of(value.dtype)) is not None},
            kinds={port: [one and _read(one, lengths) for one in kinds[port]] for port in kinds if port in values},
            owner=owner,
            producers={name: _edge(edges, name).producer for name in values},
            location=location,
        )
        if problems:
            raise NeuralTypeError([_declared(problem, _edge(edges, problem.port)) for problem in problems])

    return judge


def _items(port: str, value: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the tensors of a value: itself, or the items of a list, which have a number each."""
    if isinstance(value, torch.Tensor):
        yield port, value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _items(f"{port}[{index}]", item)


def _edge(edges: Mapping[str, Edge], name: str) -> Edge:
    """Return the edge of a port, or of the list that an item is in."""
    return edges[name] if name in edges else _edge(edges, name.rpartition("[")[0])


def _type(edges: Mapping[str, Edge], name: str) -> NeuralType:
    """Return the type of a port, or of the items of the list that it takes."""
    if name in edges:
        return edges[name].expected
    item = _type(edges, name.rpartition("[")[0]).item
    return NeuralType({} if item is None else item)


def _declared(problem: Problem, edge: Edge) -> Problem:
    return replace(problem, declared=edge.declared, given_declared=edge.given_declared)


def _placed(measure: Measure[NmTensor], places: Mapping[Place[NmTensor], Place[int]]) -> Measure[int]:
    """Return a measure that knows its axes by their number among the lengths that a check is given."""
    return Measure(measure.size, {size: places[place] for size, place in measure.places.items()})


def _read(measure: Measure[int], lengths: Sequence[int | None]) -> Measured | None:
    """Return a size as a run tells it, or nothing where some axis is not there."""
    known: dict[Place[int], int] = {}
    for place in measure.places.values():
        length = lengths[place.tensor]
        if length is None:
            return None
        known[place] = length
    return Measured(measure.value(known), measure.source(known))


def _fact(value: Any) -> Any:
    """Return what a check sees of a value: shape and dtype of a tensor, those of the items of a list, or a length."""
    if isinstance(value, torch.Tensor):
        return value.shape, value.dtype
    if isinstance(value, list | tuple):
        return tuple(_fact(item) for item in value)
    return value if isinstance(value, int) else None


def family_of(dtype: torch.dtype) -> str | None:
    """Return the family of numbers that a type of the framework belongs to, as nm-types calls it."""
    if dtype is torch.bool:
        return "bool"
    if dtype.is_complex:
        return None
    return "float" if dtype.is_floating_point else "int"
