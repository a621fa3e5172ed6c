"""Small typed modules that several tests build on: points of a plane, a perceptron and a squared error.

Axes: B batch, C channel.
"""

from collections.abc import Sequence

import numpy
import torch
from torch import Tensor, nn

from nm_torch import LossModule, TorchModule, ports
from nm_torch.data import Batching, DataLayer


class Points(DataLayer):
    """Random points with a value that depends on them smoothly; the last micro-batch of an epoch is ragged."""

    output_ports = ports(x="B Channel:2", y="B Channel:1")

    def __init__(self, *, count: int = 22, batch_size: int = 4) -> None:
        super().__init__(batching=Batching(batch_size=batch_size, shuffle=True))
        self.points = numpy.random.default_rng(7).normal(size=(count, 2)).astype("float32")

    def __len__(self) -> int:
        return len(self.points)

    def sample(self, index: int, random: numpy.random.Generator) -> tuple[float, float]:
        return tuple(self.points[index])

    def collate(self, samples: Sequence[tuple[float, float]]) -> tuple[Tensor, Tensor]:
        x_BC = torch.tensor(numpy.array(samples))
        return x_BC, (x_BC[:, :1] * x_BC[:, 1:]).sin()


class Perceptron(TorchModule):
    """Two linear layers with dropout between them, which needs a random stream of its own."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(y="B Channel:1")

    def __init__(self, *, hidden: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class SquaredError(LossModule):
    """The mean over samples of the squared error."""

    input_ports = ports(y="B Channel:1", target="B Channel:1")
    output_ports = ports(loss="; Loss")

    def total(self, y: Tensor, target: Tensor) -> Tensor:
        return (y - target).square().sum()

    def weight(self, target: Tensor) -> Tensor:
        return torch.tensor(len(target))
