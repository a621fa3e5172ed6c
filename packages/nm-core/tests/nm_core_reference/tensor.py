"""`Tensor`: numbers in a list with a shape, and reverse-mode differentiation over +, -, * and an affine map."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import product
from typing import Any

_recording: ContextVar[bool] = ContextVar("nm_core_reference_recording", default=False)
Backward = Callable[[list[float]], list[float]]


@contextmanager
def recording() -> Iterator[None]:
    """Let results inside remember what they were computed from."""
    token = _recording.set(True)
    try:
        yield
    finally:
        _recording.reset(token)


class Tensor:
    """Numbers in row-major order.

    Attributes:
        values: the numbers.
        shape: the lengths of the axes.
        learns: whether a gradient is wanted of it, or of something that it was computed from.
        gradient: what `backward` has added up.
    """

    def __init__(self, values: Sequence[Any], shape: Sequence[int], *, learns: bool = False) -> None:
        self.values, self.shape, self.learns = list(values), tuple(shape), learns
        self.gradient: list[float] | None = None
        self.parents: tuple[tuple[Tensor, Backward], ...] = ()

    @classmethod
    def of(cls, rows: Any) -> Tensor:
        """Return nested lists as a tensor."""
        shape, flat = [], [rows]
        while flat and isinstance(flat[0], list):
            shape.append(len(flat[0]))
            flat = [item for row in flat for item in row]
        return cls(flat, shape)

    @property
    def family(self) -> str:
        """The family of the numbers, as nm-types calls it."""
        return {float: "float", int: "int", bool: "bool"}[type(self.values[0])] if self.values else "float"

    def plain(self) -> Any:
        """Return nested lists."""
        rows: list[Any] = self.values
        for length in reversed(self.shape):
            rows = [rows[start : start + length] for start in range(0, len(rows), length)]
        return rows[0]

    def permute(self, axes: Sequence[int]) -> Tensor:
        """Reorder the axes: axis i of the result is axis `axes[i]`."""
        steps = [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        shape = [self.shape[axis] for axis in axes]
        places = [
            sum(at * steps[axis] for at, axis in zip(index, axes, strict=True))
            for index in product(*(range(length) for length in shape))
        ]

        def backward(gradient: list[float]) -> list[float]:
            back = [0.0] * len(places)
            for place, value in zip(places, gradient, strict=True):
                back[place] = value
            return back

        return result([self.values[place] for place in places], shape, (self, backward))

    def __add__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            values = [a + b for a, b in zip(self.values, _alike(self, other), strict=True)]
            return result(values, self.shape, (self, list), (other, list))
        return result([value + other for value in self.values], self.shape, (self, list))

    def __mul__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return result(
                _products(self.values, _alike(self, other)),
                self.shape,
                (self, lambda gradient: _products(gradient, other.values)),
                (other, lambda gradient: _products(gradient, self.values)),
            )
        values = [value * other for value in self.values]
        return result(values, self.shape, (self, lambda gradient: [value * other for value in gradient]))

    def __sub__(self, other: Tensor | float) -> Tensor:
        return self + other * -1

    __radd__, __rmul__ = __add__, __mul__

    def mean(self) -> Tensor:
        """Return the mean of all numbers, a tensor without axes."""
        count = len(self.values)
        return result([sum(self.values) / count], (), (self, lambda gradient: [gradient[0] / count] * count))


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return [B, K] from x [B, C], weight [K, C] and bias [K]."""
    rows, width, height = x.shape[0], x.shape[1], weight.shape[0]
    cells = [(b, k) for b in range(rows) for k in range(height)]

    def to_x(gradient: list[float]) -> list[float]:
        return [
            sum(gradient[b * height + k] * weight.values[k * width + c] for k in range(height))
            for b in range(rows)
            for c in range(width)
        ]

    def to_weight(gradient: list[float]) -> list[float]:
        return [
            sum(gradient[b * height + k] * x.values[b * width + c] for b in range(rows))
            for k in range(height)
            for c in range(width)
        ]

    def to_bias(gradient: list[float]) -> list[float]:
        return [sum(gradient[b * height + k] for b in range(rows)) for k in range(height)]

    values = [
        sum(x.values[b * width + c] * weight.values[k * width + c] for c in range(width)) + bias.values[k]
        for b, k in cells
    ]
    return result(values, (rows, height), (x, to_x), (weight, to_weight), (bias, to_bias))


def result(values: Sequence[Any], shape: Sequence[int], *parents: tuple[Tensor, Backward]) -> Tensor:
    """Return a tensor that remembers, while recording, what of it learns and how gradients go back there."""
    made = Tensor(values, shape)
    if _recording.get():
        made.parents = tuple((parent, backward) for parent, backward in parents if parent.learns)
        made.learns = bool(made.parents)
    return made


def backward(tensor: Tensor, share: float) -> None:
    """Add `share` times the gradient of a tensor without axes to the gradients of all weights that learn."""
    order: list[Tensor] = []
    seen: set[int] = set()

    def visit(one: Tensor) -> None:
        if id(one) not in seen:
            seen.add(id(one))
            for parent, _ in one.parents:
                visit(parent)
            order.append(one)

    visit(tensor)
    gradients = {id(tensor): [share]}
    for one in reversed(order):
        gradient = gradients.pop(id(one))
        if one.learns and not one.parents:
            one.gradient = gradient if one.gradient is None else _sums(one.gradient, gradient)
        for parent, back in one.parents:
            part = back(gradient)
            known = gradients.get(id(parent))
            gradients[id(parent)] = part if known is None else _sums(known, part)


def _alike(one: Tensor, other: Tensor) -> list[Any]:
    if one.shape != other.shape:
        raise ValueError(f"shapes {one.shape} and {other.shape} do not fit")
    return other.values


def _products(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a * b for a, b in zip(one, other, strict=True)]


def _sums(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(one, other, strict=True)]
