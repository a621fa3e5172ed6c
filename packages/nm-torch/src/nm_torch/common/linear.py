"""Maps of the last axis, whatever axes stand before it.

The modules take tensors of any number of axes, so that names of tensors carry none.
"""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt
from nm_core.symbols.ports import PortSpec, ports
from nm_torch.common.numerics import log_softmax
from nm_torch.module import TorchModule


class Linear(TorchModule):
    """An affine map of the last axis.

    The axis is one of channels, whatever they are, so that a tensor with time in its place is refused while the graph
    is built and not when its sizes differ.

    Args:
        input_size: size of the last axis.
        output_size: size that it becomes.
        bias: add a trained vector.
        tag: what the last axis of the output means.
        kind: the kind of the output's values; where not given "Logits" for classes, and "Features" for other axes.
        axis: the tag of the last axis of the input, or one above it.

    Example:
        >>> import torch
        >>> classify = Linear(input_size=8, output_size=3, tag="Class")
        >>> classify(x=torch.randn(2, 5, 8)).shape
        torch.Size([2, 5, 3])
        >>> print(classify.outputs["y"].type)
        *s Class:3 ; Logits
    """

    input_ports = ports(x="*s Channel:{input_size}")
    output_ports = ports(y="*s Encoded:{output_size} ; Features")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the tag and the kind of the parameters."""
        kind = params["kind"] or ("Logits" if params["tag"] == "Class" else "Features")
        output = f"*s {params['tag']}:{{output_size}} ; {kind}"
        return ports(x=f"*s {params['axis']}:{{input_size}}"), ports(y=output)

    def __init__(
        self,
        *,
        input_size: PositiveInt,
        output_size: PositiveInt,
        bias: bool = True,
        tag: str = "Encoded",
        kind: str | None = None,
        axis: str = "Channel",
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.layer = nn.Linear(input_size, output_size, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return [..., output_size] from [..., input_size]."""
        return self.layer(x)


class LogSoftmax(TorchModule):
    """Log-probabilities over the classes of the last axis, in float32 or wider.

    Example:
        >>> import torch
        >>> LogSoftmax()(logits=torch.zeros(1, 2)).exp()
        tensor([[0.5000, 0.5000]])
    """

    input_ports = ports(logits="*s 'A<=Class:n ; Logits")
    output_ports = ports(log_probs="*s 'A:n ; LogProbs")

    def forward(self, logits: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return log_softmax(logits)


class ArgMax(TorchModule):
    """The index of the largest entry of the last axis; of equal entries, any.

    Args:
        kind: "Labels", or "TokenIds" where the classes are a vocabulary.

    Example:
        >>> import torch
        >>> ArgMax()(x=torch.tensor([[0.1, 0.7, 0.2]]))
        tensor([1])
    """

    input_ports = ports(x="*s Class:n")
    output_ports = ports(labels="*s ; Labels(n)")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind of the parameter."""
        return ports(x="*s Class:n"), ports(labels=f"*s ; {params['kind']}(n)")

    def __init__(self, *, kind: Literal["Labels", "TokenIds"] = "Labels", **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)

    def forward(self, x: Tensor) -> Tensor:
        """Return int64 [...] from [..., n]."""
        return x.argmax(dim=-1)
