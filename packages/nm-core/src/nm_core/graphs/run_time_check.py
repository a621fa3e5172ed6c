"""Judging a call while it runs: what its types left open, against the shapes and families of the values that come."""

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

T = TypeVar("T")


class Seen(NamedTuple):
    """What a check sees of a tensor.

    Attributes:
        shape: the lengths of its axes.
        family: the family of its numbers: "float", "int" or "bool"; None for others.
    """

    shape: tuple[int, ...]
    family: str | None


def judge(
    call: Call, check: Check, see: Callable[[Any], Seen | None]
) -> Callable[[Sequence[Any], Sequence[int | None]], None]:
    """Return what compares the values of a call with its types, to run before the call does.

    It is given the values of `check.ports` in order, and the lengths of the axes `check.places` in order, None for one
    that is not there; it raises when they do not fit. It knows names and types, and keeps neither tensors nor modules.

    Args:
        call: the call, for its name and place in messages.
        check: what its types left open.
        see: gives what is seen of a tensor of the framework, and None for anything else.
    """
    edges = dict(check.ports)
    places = {place: Place(index, place.name, place.axis) for index, place in enumerate(check.places)}
    kinds = {
        port: [None if one is None else _placed(one, places) for one in sizes] for port, sizes in check.kinds.items()
    }
    owner, location = call.name, call.location
    makers = _makers(call)

    def run(given: Sequence[Any], lengths: Sequence[int | None]) -> None:
        values = {name: one for port, value in zip(edges, given, strict=True) for name, one in _items(port, value, see)}
        problems = check_shapes(
            {name: _type(edges, name) for name in values},
            {name: value.shape for name, value in values.items()},
            {name: value.family for name, value in values.items() if value.family is not None},
            kinds={port: [_read(one, lengths) for one in sizes] for port, sizes in kinds.items() if port in values},
            owner=owner,
            producers={name: _of(makers, name).name for name in values},
            location=location,
        )
        if problems:
            raise NeuralTypeError(
                [_blamed(problem, _of(edges, problem.port), _of(makers, problem.port)) for problem in problems]
            )

    return run


def _items(port: str, value: Any, see: Callable[[Any], Seen | None]) -> Iterator[tuple[str, Seen]]:
    """Yield the tensors of a value: itself, or the items of a list, which have a number each."""
    seen = see(value)
    if seen is not None:
        yield port, seen
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _items(f"{port}[{index}]", item, see)


class _Maker(NamedTuple):
    """Whose value it is that a port is given: views only show it."""

    name: str
    declared: str
    free: str | None

    @classmethod
    def of(cls, tensor: NmTensor) -> _Maker:
        made = behind(tensor)
        return cls(
            made.name, recording.declared_at(made), made.port if isinstance(made.call.module, FreeInputs) else None
        )


def _makers(call: Call) -> dict[str, _Maker]:
    """Return who makes the value of each port."""
    return {port: _Maker.of(value) for port, value in flat_arguments(call.inputs) if isinstance(value, NmTensor)}


def _of(ports: Mapping[str, T], name: str) -> T:
    """Return what belongs to a port, or to the list that an item is in."""
    return ports[name] if name in ports else _of(ports, name.rpartition("[")[0])


def _type(edges: Mapping[str, Edge], name: str) -> NeuralType:
    """Return the type of a port, or of the items of the list that it takes."""
    if name in edges:
        return edges[name].expected
    item = _type(edges, name.rpartition("[")[0]).item
    return NeuralType({} if item is None else item)


def _blamed(problem: Problem, edge: Edge, maker: _Maker) -> Problem:
    """Say where both ends are declared, through which view the value was seen, and what its user can do."""
    if maker.free is not None:
        problem = replace(problem, fixes=(Fix(f"give {maker.free} values of the shape that {edge.consumer} expects."),))
    if maker.name != edge.producer:
        problem = replace(problem, notes=(*problem.notes, f"It is seen through {edge.producer}."))
    return replace(problem, declared=edge.declared, given_declared=maker.declared)


def _placed(measure: Measure[NmTensor], places: Mapping[Place[NmTensor], Place[int]]) -> Measure[int]:
    """Return a measure that knows its axes by their number among the lengths that a check is given."""
    return Measure(measure.size, {size: places[place] for size, place in measure.places.items()})


def _read(measure: Measure[int] | None, lengths: Sequence[int | None]) -> Measured | None:
    """Return a size as a run tells it, or nothing where it cannot be read or some axis is not there."""
    if measure is None:
        return None
    known: dict[Place[int], int] = {}
    for place in measure.places.values():
        length = lengths[place.tensor]
        if length is None:
            return None
        known[place] = length
    return Measured(measure.value(known), measure.source(known))
