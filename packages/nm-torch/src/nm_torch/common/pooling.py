"""Pooling over an axis that the types name, at any rank; padding never changes a result."""

from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor

from nm_core import ModuleOptions, ParameterError
from nm_core.errors import did_you_mean
from nm_core.symbols.ports import PortSpec, optional, ports
from nm_core.symbols.tensor import Call, NmTensor
from nm_torch.common.errors import OptionError
from nm_torch.common.numerics import length_mask
from nm_torch.common.shapes import is_below
from nm_torch.module import TorchModule
from nm_types import NeuralType

FUNCTIONS = ("mean", "max", "sum")


class Pooling(TorchModule):
    """Pool over one axis: the mean, the largest entry or the sum of all its positions; the other axes stay.

    The axis is named, not counted: in a graph the types say where it stands, and a tensor without it, or with two of
    it, is refused. Real tensors have no types, so that a call on them needs `dim`. The batch stands first. With
    `lengths` the positions behind the end of a sample are left out, and a sample without any gives zeros; without them
    all positions are real.

    Args:
        axis: the tag of that axis, or one above it.
        function: "mean", "max" or "sum".
        dim: where it stands, counted from 0, or from -1 at the end. For calls on real tensors, and for graphs in which
            more than one axis has the tag.
        kind: the kind of the values that come in and go out, such as "Logits"; where not given, anything comes in and
            features go out.

    Example:
        >>> import torch
        >>> pool = Pooling(axis="Time", dim=1)
        >>> pool(x=torch.tensor([[1.0, 2.0, 6.0]]), lengths=torch.tensor([2]))
        tensor([1.5000])
    """

    input_ports = ports(x="B *a Time:t *b", lengths=optional("B ; Lengths(t)"))
    output_ports = ports(y="B *a *b ; Features")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the axis between axes of any meaning."""
        dim, kind = params["dim"], params["kind"]
        if dim is None:
            before, after = ["B", "*a"], ["*b"]
        elif dim >= 0:
            before, after = ["B", *(f"'X{index}:x{index}" for index in range(1, dim))], ["*s"]
        else:
            before, after = ["B", "*s"], [f"'X{index}:x{index}" for index in range(-dim - 1)]
        values = "" if kind is None else f" ; {kind}"
        taken = " ".join([*before, f"{params['axis']}:t", *after]) + values
        left = f"{' '.join([*before, *after])} ; {kind or 'Features'}"
        return ports(x=taken, lengths=optional("B ; Lengths(t)")), ports(y=left)

    def __init__(
        self,
        *,
        axis: str = "Time",
        function: str = "mean",
        dim: int | None = None,
        kind: str | None = None,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        if function not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise OptionError(
                f'function must be one of {known}; given was "{function}".{did_you_mean(function, FUNCTIONS)}'
            )
        if dim == 0:
            raise OptionError("dim must not be 0, where the batch stands; given was 0. Count on from 1.")
        self.axis = NeuralType(axis).axes[0]
        self.function = function
        self.dim = dim

    def typed_arguments(self, call: Call) -> dict[str, Any]:
        """Return the position of the axis in the tensor of a call."""
        value = call.inputs["x"]
        if self.dim is not None or not isinstance(value, NmTensor):
            return {}
        axes = [value.type.axes[index] for index in call.casts.get("x", range(len(value.type.axes)))]
        # exactly one: a type with two such axes does not fit the port
        (dim,) = (index for index, axis in enumerate(axes) if is_below(axis, self.axis))
        return {"dim": dim}

    def forward(self, x: Tensor, lengths: Tensor | None = None, dim: int | None = None) -> Tensor:
        """Return the tensor without the axis, which stands at `dim` where the module was made without it."""
        pooled = self.dim if dim is None else dim
        if pooled is None:
            raise ParameterError(
                f"{self.name} finds its axis, {self.axis}, by the types of a graph; real tensors have none.\n"
                f"  Say where it stands: {self.name}(x, dim=1), or Pooling(axis=..., dim=1) once and for all."
            )
        if lengths is None:
            return x.amax(pooled) if self.function == "max" else getattr(x, self.function)(pooled)
        shape = [1] * x.ndim
        shape[0], shape[pooled] = x.shape[0], x.shape[pooled]
        mask = length_mask(lengths, x.shape[pooled], x.device).reshape(shape)
        if self.function == "max":
            # a sample without positions has no largest entry
            largest = x.masked_fill(~mask, float("-inf")).amax(pooled)
            return largest.masked_fill(~mask.any(pooled), 0.0)
        total = x.masked_fill(~mask, 0.0).sum(pooled)
        return total / mask.sum(pooled).clamp(min=1) if self.function == "mean" else total


__all__ = ["Pooling"]
