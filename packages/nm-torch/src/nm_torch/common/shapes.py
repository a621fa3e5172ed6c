"""Modules that join and rearrange tensors; the types say along which axes."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from nm_core.ports import PortSpec, ports, variadic
from nm_torch.common.errors import OptionError
from nm_torch.module import TorchModule
from nm_types import AxisType, NeuralType


class Concat(TorchModule):
    """Put tensors one after another along one axis; all other axes agree.

    Args:
        axis: the tag of that axis, or one above it: the output is what all inputs have in common.
        dim: where it stands, counted from 0, or from -1 at the end.
    """

    input_ports = ports(xs=variadic("*s 'A<=Channel:n_i"))
    output_ports = ports(y="*s 'A<=Channel:sum(n_i)")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the axis in its place between axes of any meaning."""
        dim = params["dim"]
        count = dim if dim >= 0 else -dim - 1
        others = " ".join(f"'X{index}:x{index}" for index in range(count))
        pattern = f"{others} {{axis}} *s" if dim >= 0 else f"*s {{axis}} {others}"
        joined = f"'A<={params['axis']}"
        return (
            ports(xs=variadic(pattern.format(axis=f"{joined}:n_i").strip())),
            ports(y=pattern.format(axis=f"{joined}:sum(n_i)").strip()),
        )

    def __init__(self, *, axis: str = "Channel", dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, xs: Sequence[Tensor]) -> Tensor:
        """Return the tensors side by side."""
        return torch.cat(list(xs), dim=self.dim)


class Add(TorchModule):
    """The sum of tensors with the same axes."""

    input_ports = ports(xs=variadic("*s"))
    output_ports = ports(y="*s")

    def forward(self, xs: Sequence[Tensor]) -> Tensor:
        """Return a tensor of the same shape."""
        return reduce(torch.add, xs)


class Transpose(TorchModule):
    """The same tensor with its axes in another order.

    Args:
        before: the type of the input, `"B T C"`.
        after: the same axes in another order, `"B C T"`.
    """

    input_ports = ports(x="{}")
    output_ports = ports(y="{}")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports; an axis without a size keeps its own."""
        axes, order = _axes_and_order(params["before"], params["after"])
        kind = NeuralType(params["before"]).kind
        return (
            ports(x=NeuralType(dict(enumerate(axes)), kind=kind)),
            ports(y=NeuralType({place: axes[index] for place, index in enumerate(order)}, kind=kind)),
        )

    def __init__(self, *, before: str, after: str) -> None:
        super().__init__()
        self.order = _axes_and_order(before, after)[1]

    def forward(self, x: Tensor) -> Tensor:
        """Return a view of the tensor."""
        return x.permute(self.order)


def _axes_and_order(before: str, after: str) -> tuple[list[AxisType], tuple[int, ...]]:
    given, wanted = NeuralType(before), NeuralType(after)
    tags = [axis.tag for axis in given.axes if isinstance(axis, AxisType)]
    order = [axis.tag for axis in wanted.axes if isinstance(axis, AxisType)]
    distinct = len(set(tags)) == len(tags) == len(given.axes)
    if not distinct or len(order) != len(wanted.axes) or set(order) != set(tags) or len(order) != len(tags):
        raise OptionError(
            f'Transpose puts axes into another order; given were before="{before}" and after="{after}".\n'
            '  Expected the same axes in both, each of its own meaning: before="B T C", after="B C T".'
        )
    axes = [
        axis if axis.size is not None else AxisType(axis.tag, f"d{index}")
        for index, axis in enumerate(given.axes)
        if isinstance(axis, AxisType)
    ]
    return axes, tuple(tags.index(tag) for tag in order)
