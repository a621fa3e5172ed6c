"""Measuring: which axes of which tensors tell a size when a graph runs, without a look at any content."""

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
        tensor: the tensor, as whoever asks holds it.
        name: what messages call it: `loader.x`.
        axis: the number of the axis.
    """

    tensor: T
    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class Measure(Generic[T]):
    """How a size is computed from the axes of tensors.

    Attributes:
        size: the size, an expression in sizes that calls have made.
        places: the axes that declare what it speaks of; the size itself, where one axis has exactly that size.
    """

    size: Size
    places: Mapping[Size, Place[T]]

    def value(self, numbers: Mapping[Place[T], int]) -> int:
        """The number it is, given those of its axes."""
        whole = self.places.get(self.size)
        if whole is not None:
            return numbers[whole]
        known = {name: numbers[self.places[Size(name)]] for name in self.size.symbols()}
        return self.size.substitute({name: Size(number) for name, number in known.items()}).constant

    def source(self, numbers: Mapping[Place[T], int]) -> str:
        """Where the numbers were read, in words: `loader.t is 40, axis 1 of loader.x`."""
        return " and ".join(
            f"{f'{name} is ' if not is_unnamed(name) else ''}{numbers[place]}, axis {place.axis} of {place.name}"
            for name, place in self.places.items()
        )


class Axes:
    """The axes that can be read at some point of a run, by their sizes; the first tensor with a size declares it."""

    def __init__(self) -> None:
        self._first: dict[Size, Place[NmTensor]] = {}

    def add(self, tensor: NmTensor) -> None:
        """Let the axes of one more tensor be read."""
        for place, axis in enumerate(tensor.type.axes):
            if isinstance(axis, AxisType) and isinstance(axis.size, Size) and axis.size.terms:
                self._first.setdefault(axis.size, Place(tensor, tensor.name, place))

    def measure(self, size: object) -> Measure[NmTensor] | None:
        """How to read a size, or None where some part of it is no axis of any tensor here."""
        if not isinstance(size, Size):
            return None
        places = {Size(name): self._first.get(Size(name)) for name in size.symbols()}
        found = {name: place for name, place in places.items() if place is not None}
        if len(found) == len(places):
            return Measure(size, found)
        whole = self._first.get(size)
        return None if whole is None else Measure(size, {size: whole})


class Reach:
    """Which tensors a check can measure: beside the framework's part of a graph, and in Python after it.

    Args:
        used: the tensors that calls in the framework take, which is what the framework's part is given.
        kept: the tensors that calls in Python take and those that leave the graph, which is what Python is given.
    """

    def __init__(self, used: Collection[NmTensor], kept: Collection[NmTensor]) -> None:
        self.used = used
        self.kept = kept
        self.framework = Axes()
        self.host = Axes()

    def add(self, tensor: NmTensor, segment: str) -> None:
        """Take a tensor that a call has made."""
        if segment == "framework" or (segment == "source" and tensor in self.used):
            self.framework.add(tensor)
        if segment == "host" or tensor in self.kept:
            self.host.add(tensor)

    def axes(self, segment: str) -> Axes:
        """The axes that a call in a segment can be checked with."""
        return self.host if segment == "host" else self.framework


def is_unnamed(size: Size) -> bool:
    """Whether a size has no name in any declaration, only a place."""
    return bool(getattr(size.symbol, "implicit", False))
