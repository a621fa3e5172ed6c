"""Small layers that fit any arrangement of axes."""

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from nm_core.ports import PortSpec, ports
from nm_torch.common.numerics import log_softmax
from nm_torch.module import TorchModule


class Linear(TorchModule):
    """An affine map of the last axis.

    Args:
        input_size: size of the last axis.
        output_size: size that it becomes.
        bias: add a trained vector.
        tag: what the last axis of the output means.
        kind: the kind of the output's values, such as "Logits"; unsaid where not given.
    """

    input_ports = ports(x="*s 'A:{input_size}")
    output_ports = ports(y="*s Encoded:{output_size}")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the tag and the kind asked for."""
        kind = "" if params["kind"] is None else f" ; {params['kind']}"
        return ports(x="*s 'A:{input_size}"), ports(y=f"*s {params['tag']}:{{output_size}}{kind}")

    def __init__(
        self, *, input_size: int, output_size: int, bias: bool = True, tag: str = "Encoded", kind: str | None = None
    ) -> None:
        super().__init__()
        self.layer = nn.Linear(input_size, output_size, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return [..., output_size] from [..., input_size]."""
        return self.layer(x)


class LogSoftmax(TorchModule):
    """Log-probabilities over the classes of the last axis, in float32 or wider."""

    input_ports = ports(logits="*s Class:n ; Logits")
    output_ports = ports(log_probs="*s Class:n ; LogProbs")

    def forward(self, logits: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return log_softmax(logits)


class ArgMax(TorchModule):
    """The number of the largest entry of the last axis; of equal ones, any.

    Args:
        kind: "Labels", or "TokenIds" where the classes are a vocabulary.
    """

    input_ports = ports(x="*s Class:n")
    output_ports = ports(labels="*s ; Labels(n)")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind asked for."""
        return ports(x="*s Class:n"), ports(labels=f"*s ; {params['kind']}(n)")

    def __init__(self, *, kind: Literal["Labels", "TokenIds"] = "Labels") -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return int64 [...] from [..., n]."""
        return x.argmax(dim=-1)


class Dropout(TorchModule):
    """Sets entries to zero with a probability, in training.

    Args:
        probability: at least 0 and below 1.
    """

    input_ports = ports(x="*s")
    output_ports = ports(y="*s")

    def __init__(self, *, probability: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(probability)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.dropout(x)
