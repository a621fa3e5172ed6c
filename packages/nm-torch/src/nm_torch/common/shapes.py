"""Modules that join tensors along axes which the types name.

The tensors may have any axes, so that names of tensors carry none.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Unpack

import torch
from torch import Tensor

from nm_core import ModuleOptions, ParameterError
from nm_core.symbols.ports import PortSpec, ports, variadic
from nm_core.symbols.tensor import Call
from nm_torch.common.templates import KIND, SUM_OF_KIND, with_kind
from nm_torch.module import TorchModule
from nm_types import NeuralType

CLASS = NeuralType("Class").axes[0]


class Concat(TorchModule):
    """Put tensors one after another along one axis; all other axes agree.

    The axis is named, not counted: in a graph the types say where it stands, and a tensor without it, or with two of
    it, is refused. Real tensors have no types, so that a call on them needs `dim`. Padding stays where it is: along
    time that of one tensor stands before the frames of the next, and no lengths measure the result.

    Args:
        axis: the tag of that axis, or one above it: the output is what all inputs have in common.
        dim: where it stands, counted from 0, or from -1 at the end. For calls on real tensors, and for graphs in which
            more than one axis has the tag.
        kind: the kind of the values that come in and go out, such as "LogProbs" or "TokenIds(n)"; where not given, what
            goes out is of the kind that all that comes in has in common, and features where that is none.

    Example:
        >>> concat = Concat(axis="Channel", dim=-1)
        >>> concat(xs=[torch.zeros(2, 3), torch.zeros(2, 5)]).shape
        torch.Size([2, 8])
    """

    input_ports = ports(xs=variadic("*a 'A<=Channel:n_i *b ; 'K"))
    output_ports = ports(y="*a 'A:sum(n_i) *b ; 'K")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the axis between axes of any meaning."""
        axis, dim, kind = f"'A<={params['axis']}", params["dim"], params["kind"]
        if dim is None:
            before, after = "*a ", " *b"
        elif dim >= 0:
            before, after = "".join(f"'X{index}:x{index} " for index in range(dim)), " *s"
        else:
            before, after = "*s ", "".join(f" 'X{index}:x{index}" for index in range(-dim - 1))
        # the classes of two distributions side by side are none
        joined = SUM_OF_KIND if is_below(NeuralType(params["axis"]).axes[0], CLASS) else KIND
        return (
            ports(xs=variadic(with_kind(f"{before}{axis}:n_i{after}", kind))),
            ports(y=with_kind(f"{before}{axis}:sum(n_i){after}", kind, joined)),
        )

    def __init__(
        self,
        *,
        axis: str = "Channel",
        dim: int | None = None,
        kind: str | None = None,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.axis = NeuralType(axis).axes[0]
        self.dim = dim

    def typed_arguments(self, call: Call) -> dict[str, Any]:
        """Return the position of the axis in the tensors of a call."""
        if self.dim is not None:
            return {}
        # exactly one: a type with two such axes does not fit the port
        (dim,) = (index for index, axis in enumerate(call.types["y"].axes) if is_below(axis, self.axis))
        return {"dim": dim}

    def forward(self, xs: Sequence[Tensor], dim: int | None = None) -> Tensor:
        """Return the tensors side by side, along `dim` where the module was made without it."""
        joined = self.dim if dim is None else dim
        if joined is None:
            raise ParameterError(
                f"{self.name} finds its axis, {self.axis}, by the types of a graph; real tensors have none.\n"
                f"  Say where it stands: {self.name}(xs=[...], dim=-1), or Concat(axis=..., dim=-1) once and for all."
            )
        return torch.cat(list(xs), dim=joined)


class Add(TorchModule):
    """The sum of tensors with the same axes.

    Args:
        kind: the kind of the values that come in and go out, such as "Logits"; where not given, what goes out is of the
            kind that all that comes in has in common, and features where that is none or sums are not of it, as those
            of probabilities.

    Example:
        >>> Add()(xs=[torch.tensor([1.0]), torch.tensor([2.0])])
        tensor([3.])
    """

    input_ports = ports(xs=variadic("*s ; 'K"))
    output_ports = ports(y="*s ; sum('K)")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind of the parameter."""
        kind = params["kind"]
        return ports(xs=variadic(with_kind("*s", kind))), ports(y=with_kind("*s", kind, SUM_OF_KIND))

    def __init__(self, *, kind: str | None = None, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)

    def forward(self, xs: Sequence[Tensor]) -> Tensor:
        """Return a tensor of the same shape."""
        return reduce(torch.add, xs)


class Stack(TorchModule):
    """Put tensors with the same axes side by side along a new axis, whose size is their number.

    Args:
        axis: the tag of the new axis.
        dim: where it stands in the output, counted from 0, or from -1 at the end.
        kind: the kind of the values that come in and go out, such as "Logits"; where not given, what goes out is of the
            kind that all that comes in has in common, and features where that is none.

    Example:
        >>> Stack(axis="Class")(xs=[torch.zeros(2, 3), torch.zeros(2, 3)]).shape
        torch.Size([2, 3, 2])
    """

    input_ports = ports(xs=variadic("*s ; 'K"))
    output_ports = ports(y="*s Channel:count(xs) ; 'K")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the new axis at its place."""
        axis, dim, kind = f"{params['axis']}:count(xs)", params["dim"], params["kind"]
        places = range(dim if dim >= 0 else -dim - 1)
        named = [f"'X{index}:x{index}" for index in places]
        before, after = (named, ["*s"]) if dim >= 0 else (["*s"], named)
        return (
            ports(xs=variadic(with_kind(" ".join([*before, *after]), kind))),
            ports(y=with_kind(" ".join([*before, axis, *after]), kind)),
        )

    def __init__(
        self,
        *,
        axis: str = "Channel",
        dim: int = -1,
        kind: str | None = None,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.dim = dim

    def forward(self, xs: Sequence[Tensor]) -> Tensor:
        """Return the tensors side by side."""
        return torch.stack(list(xs), dim=self.dim)


def is_below(axis: Any, ancestor: Any) -> bool:
    """Tell whether an axis has the tag of an ancestor, or a tag below it."""
    return bool(axis.tag.is_a(ancestor.tag))
