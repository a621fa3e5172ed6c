"""The collection `golden` of the golden files: points of a plane, a template of two modules and a squared error.

It belongs to the files and changes only where the interface for modules does.

Axes: B batch, C channel.
"""

from collections.abc import Sequence
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from nm_core import CompositeModule, optional
from nm_core.plugins import Collection, ModuleSpec, hookimpl
from nm_torch import LossModule, TorchModule, ports
from nm_torch.data import Batching, DataLayer


class Points(DataLayer):
    """Points with a value that depends on them smoothly; the last micro-batch of an epoch is ragged."""

    output_ports = ports(x="B Channel:2", y="B Channel:1")

    def __init__(self, *, count: int = 22, batch_size: int = 4) -> None:
        super().__init__(batching=Batching(batch_size=batch_size, shuffle=True))
        self.points_NC = numpy.random.default_rng(7).normal(size=(count, 2)).astype("float32")

    def __len__(self) -> int:
        return len(self.points_NC)

    def sample(self, index: int, random: numpy.random.Generator) -> tuple[float, float]:
        return tuple(self.points_NC[index])

    def collate(self, samples: Sequence[tuple[float, float]]) -> tuple[Tensor, Tensor]:
        x_BC = torch.tensor(numpy.array(samples))
        return x_BC, (x_BC[:, :1] * x_BC[:, 1:]).sin()


class Encoder(TorchModule):
    """A linear layer, with dropout after it that draws from a random stream."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(code="B Encoded:{width}")

    def __init__(self, *, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.layer(x).tanh())


class Decoder(TorchModule):
    """A linear layer to one number."""

    input_ports = ports(code="B Encoded:{width}")
    output_ports = ports(y="B Channel:1")

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, 1)

    def forward(self, code: Tensor) -> Tensor:
        return self.layer(code)


class SquaredError(LossModule):
    """The mean over samples of the squared error."""

    input_ports = ports(y="B Channel:1", target="B Channel:1")
    output_ports = ports(loss="; Loss")

    def total(self, y: Tensor, target: Tensor) -> Tensor:
        return (y - target).square().sum()

    def weight(self, target: Tensor) -> Tensor:
        return torch.tensor(len(target))


class Pair(CompositeModule):
    """An encoder and a decoder, with a loss where there is a target."""

    input_ports = ports(x="B Channel:2", target=optional("B Channel:1"))
    output_ports = ports(y="B Channel:1", loss=optional("; Loss", needs=("target",)))

    def __init__(self, *, width: int, dropout: float = 0.0) -> None:
        self.encoder = Encoder(width=width, dropout=dropout)
        self.decoder = Decoder(width=width)
        self.loss = SquaredError()

    def build(self, x: Any, target: Any = None) -> Any:
        y = self.decoder(self.encoder(x))
        return y, None if target is None else self.loss(y=y, target=target)


class GoldenPlugin:
    """The declaration of the collection."""

    @hookimpl
    def nm_collection(self) -> Collection:
        classes = (Points, Pair)
        modules = [ModuleSpec(cls.__name__, "A sample.", {"torch": f"{__name__}:{cls.__name__}"}) for cls in classes]
        return Collection("golden", "Samples.", modules=modules)
