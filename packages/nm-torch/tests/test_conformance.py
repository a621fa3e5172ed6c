"""The PyTorch backend passes the conformance suite for backends."""

from collections.abc import Mapping
from typing import Any

import numpy
import torch

from nm_core import NmTensor, PortSpec
from nm_core.testing import BackendConformance
from nm_torch import TorchModule
from nm_torch.backend import TorchBackend
from nm_torch.common import Linear, MSELoss
from nm_torch.data import Batching, DataLayer


class Columns(DataLayer):
    """Samples given as columns of plain values."""

    def __init__(self, *, columns: Any, batching: Any) -> None:
        super().__init__(batching=batching)
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def sample(self, index: int, random: numpy.random.Generator) -> list[Any]:
        """Return one row."""
        return [column[index] for column in self.columns.values()]

    def collate(self, samples: Any) -> tuple[Any, ...]:
        """Turn rows into columns."""
        columns = [list(column) for column in zip(*samples, strict=True)]
        return tuple(column if isinstance(column[0], str) else torch.tensor(column) for column in columns)


class TestTorchBackend(BackendConformance):
    """Every check on the CPU."""

    module_class = TorchModule
    settings = {"placement": "cpu"}

    def backend(self) -> TorchBackend:
        return TorchBackend()

    def linear(self, inputs: int, outputs: int, *, name: str) -> Linear:
        return Linear(input_size=inputs, output_size=outputs, tag="Channel", name=name)

    def loss(self, y: NmTensor, target: NmTensor) -> NmTensor:
        return MSELoss()(predictions=y, targets=target)

    def source(
        self, ports: PortSpec, columns: Mapping[str, list[Any]], *, batch_size: int, shuffle: bool, name: str
    ) -> DataLayer:
        made = type("Made", (Columns,), {"output_ports": ports})
        return made(columns=columns, batching=Batching(batch_size=batch_size, shuffle=shuffle), name=name)

    def tensor(self, rows: Any) -> torch.Tensor:
        return torch.tensor(rows)

    def plain(self, value: torch.Tensor) -> Any:
        return value.tolist()

    def weights(self, module: TorchModule) -> dict[str, Any]:
        return {name: weight.tolist() for name, weight in module.named_parameters()}

    def is_training(self, module: TorchModule) -> bool:
        return module.training

    def seed(self, number: int) -> None:
        torch.manual_seed(number)

    def draw(self) -> float:
        return torch.rand(()).item()
