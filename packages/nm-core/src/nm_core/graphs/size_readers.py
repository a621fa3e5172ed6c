"""Reading sizes when a graph runs: from the axes of tensors, never from their contents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from nm_core.symbols.tensor import NmTensor
from nm_types import AxisType, Size

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place(Generic[T]):
    """One axis of one tensor.

    Attributes:
        tensor: the tensor, or its number among values that a check is given.
        name: its name in messages: `loader.x`.
        axis: the number of the axis.
    """

    tensor: T
    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class Measure(Generic[T]):
    """A size as a function of the axes of tensors.

    Attributes:
        size: the size, an expression in sizes that calls have made.
        places: the axes that declare its names; or the one axis that has exactly that size.
    """

    size: Size
    places: Mapping[Size, Place[T]]

    def value(self, numbers: Mapping[Place[T], int]) -> int:
        """Compute the size from those of its axes."""
        axis = self.places.get(self.size)
        if axis is not None:
            return numbers[axis]
        return self.size.substitute(
            {name: Size(numbers[self.places[Size(name)]]) for name in self.size.symbols()}
        ).constant

    def source(self, numbers: Mapping[Place[T], int]) -> str:
        """Say where the numbers were read: `loader.t is 40, axis 1 of loader.x`."""
        return " and ".join(
            f"{f'{name} is ' if not is_unnamed(name) else ''}{numbers[axis]}, axis {axis.axis} of {axis.name}"
            for name, axis in self.places.items()
        )


class Axes:
    """The axes that can be read at some point of a run, by their sizes; the first tensor with a size declares it."""

    def __init__(self) -> None:
        self._first: dict[Size, Place[NmTensor]] = {}

    def add(self, tensor: NmTensor) -> None:
        """Let the axes of one more tensor be read."""
        for number, axis in enumerate(tensor.type.axes):
            if isinstance(axis, AxisType) and isinstance(axis.size, Size) and axis.size.terms:
                # the first tensor is the one that is there at the time of every check that can read the size
                self._first.setdefault(axis.size, Place(tensor, tensor.name, number))

    def measure(self, size: object) -> Measure[NmTensor] | None:
        """Find out how to read a size; None where some part of it is no axis of any tensor here."""
        if not isinstance(size, Size):
            return None
        names = [Size(name) for name in size.symbols()]
        if all(name in self._first for name in names):
            return Measure(size, {name: self._first[name] for name in names})
        return Measure(size, {size: self._first[size]}) if size in self._first else None


class Reach:
    """The tensors whose axes a check can read: beside the framework's part of a graph, and in Python after it.

    Args:
        used: the tensors that calls in the framework take; no others reach the framework's part.
        fetched: the tensors that calls in Python take and those that leave the graph; no others reach Python.
    """

    def __init__(self, used: Collection[NmTensor], fetched: Collection[NmTensor]) -> None:
        self.used = used
        self.fetched = fetched
        self.framework = Axes()
        self.host = Axes()

    def add(self, tensor: NmTensor, segment: str) -> None:
        """Take a tensor that a call has made."""
        if segment == "framework" or (segment == "source" and tensor in self.used):
            self.framework.add(tensor)
        if segment == "host" or tensor in self.fetched:
            self.host.add(tensor)

    def axes(self, segment: str) -> Axes:
        """Return the axes that a call in a segment can be checked with."""
        return self.host if segment == "host" else self.framework


def is_unnamed(size: Size) -> bool:
    """Tell whether a size has no name in any declaration, only a place."""
    return bool(getattr(size.symbol, "implicit", False))
