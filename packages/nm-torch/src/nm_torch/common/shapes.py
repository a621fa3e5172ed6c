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
from nm_torch.common.templates import with_kind
from nm_torch.module import TorchModule
from nm_types import NeuralType


class Concat(TorchModule):
    """Put tensors one after another along one axis; all other axes agree.

    The axis is named, not counted: in a graph the types say where it stands, and a tensor without it, or with two of
    it, is refused. Real tensors have no types, so that a call on them needs `dim`. Padding stays where it is: along
    time that of one tensor stands before the frames of the next, and no lengths measure the result.

    Args:
        axis: the tag of that axis, or one above it: the output is what all inputs have in common.
        dim: where it stands, counted from 0, or from -1 at the end. For calls on real tensors, and for graphs in which
            more than one axis has the tag.
        kind: the kind of the values that come in and go out, such as "LogProbs" or "TokenIds(n)"; where not
            given, anything comes in and features go out.

    Example:
        >>> concat = Concat(axis="Channel", dim=-1)
        >>> concat(xs=[torch.zeros(2, 3), torch.zeros(2, 5)]).shape
        torch.Size([2, 8])
    """

    input_ports = ports(xs=variadic("*a 'A<=Channel:n_i *b"))
    output_ports = ports(y="*a 'A:sum(n_i) *b ; Features")

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
        return (
            ports(xs=variadic(with_kind(f"{before}{axis}:n_i{after}", kind))),
            ports(y=f"{before}{axis}:sum(n_i){after} ; {kind or 'Features'}"),
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
        (dim,) = (index for index, axis in enumerate(call.types["y"].axes) if _is_below(axis, self.axis))
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
        kind: the kind of the values that come in and go out, such as "Logits"; where not given, anything comes in and
            features go out.

    Example:
        >>> Add()(xs=[torch.tensor([1.0]), torch.tensor([2.0])])
        tensor([3.])
    """

    input_ports = ports(xs=variadic("*s"))
    output_ports = ports(y="*s ; Features")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind of the parameter."""
        return ports(xs=variadic(with_kind("*s", params["kind"]))), ports(y=f"*s ; {params['kind'] or 'Features'}")

    def __init__(self, *, kind: str | None = None, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)

    def forward(self, xs: Sequence[Tensor]) -> Tensor:
        """Return a tensor of the same shape."""
        return reduce(torch.add, xs)


def _is_below(axis: Any, ancestor: Any) -> bool:
    """Tell whether an axis has the tag of an ancestor, or a tag below it."""
    return bool(axis.tag.is_a(ancestor.tag))
