"""Modules of PyTorch that break one law of the conformance suite each, as they are broken in practice; one is honest.

Legend: B samples, T positions, C features.
"""

from typing import Any

import torch
from torch import Tensor, nn

from nm_core import CompositeModule, ports
from nm_torch import TorchModule
from nm_torch.common import Activation, Linear
from nm_torch.data import Batching, DataLayer

TIMED = {"x": "B C:4 T:t", "length": "B ; Lengths(t)"}


class Stack(CompositeModule):
    """Honest: two modules under one name."""

    input_ports = ports(x="B T:t Encoded:4")
    output_ports = ports(y="B T:t Encoded:5")

    def __init__(self) -> None:
        self.linear = Linear(input_size=4, output_size=5)
        self.relu = Activation(function="relu")

    def build(self, x: Any) -> Any:
        """Return [B, T, 5]."""
        return self.relu(x=self.linear(x=x))


class Convolving(TorchModule):
    """Lets what lies behind the lengths flow into real frames."""

    input_ports = ports(**TIMED)
    output_ports = ports(y="B C:4 T:t", length="B ; Lengths(t)")

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3, padding=1)

    def forward(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return [B, 4, T]."""
        return self.conv(x), length


class Normalising(TorchModule):
    """Takes the statistics of the batch in evaluation, too."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B C:4")

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, 4]; a batch of one is left as it is."""
        return self.norm(x) if len(x) > 1 else x


class Rectifying(TorchModule):
    """Rectifies in place."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B C:4")

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, 4]."""
        return x.relu_()


class Dropping(TorchModule):
    """Forgets to say when it trains."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B C:4")

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, 4]."""
        return nn.functional.dropout(x, 0.5, training=True)


class Buffering(TorchModule):
    """Keeps its table out of files."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B C:4")

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(4), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, 4]."""
        return x * self.table


class Counting(DataLayer):
    """Draws from the global stream, and not from that of the sample."""

    output_ports = ports(x="B C:1")

    def __init__(self) -> None:
        super().__init__(batching=Batching(batch_size=2))

    def __len__(self) -> int:
        return 3

    def sample(self, index: int, random: Any) -> float:
        """Return a number."""
        return float(torch.rand(()))

    def collate(self, samples: Any) -> tuple[Tensor]:
        """Return [B, 1]."""
        return (torch.tensor(samples)[:, None],)
