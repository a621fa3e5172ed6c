"""Small modules that the engine's tests train: ragged sequences, a linear map, losses with weights.

Legend: B samples, T positions, C=3 features, K=4 outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from nm_core import Callback, Metric, NeuralModule, Run, ports
from nm_torch import LossModule, TorchModule
from nm_torch.data import Batching, DataLayer


class Ragged(DataLayer):
    """Sequences of 0 to 6 positions with features, a target per position and a weight of 0 or 1 per sample.

    Sample i is a function of i alone, whatever the order.
    """

    output_ports = ports(
        x="B T:t Channel:3", length="B ; Lengths(t)", target="B T:t Channel:4", valid="B", index="B ; Index"
    )

    def __init__(
        self,
        *,
        count: int = 11,
        batch_size: int = 2,
        shuffle: bool = False,
        workers: int = 0,
        drop_last: bool = False,
        double: bool = True,
        empty_from: int = 1000,
    ) -> None:
        super().__init__(
            batching=Batching(batch_size=batch_size, shuffle=shuffle, drop_last=drop_last), workers=workers
        )
        self.count = count
        self.dtype = torch.float64 if double else torch.float32
        self.empty_from = empty_from

    def __len__(self) -> int:
        return self.count

    def sample(self, index: int, random: numpy.random.Generator) -> tuple[Tensor, Tensor, int]:
        """Return features, targets and the number."""
        generator = torch.Generator().manual_seed(index)
        length = 0 if index >= self.empty_from else index % 7
        return (
            torch.randn(length, 3, generator=generator, dtype=self.dtype),
            torch.randn(length, 4, generator=generator, dtype=self.dtype),
            index,
        )

    def collate(self, samples: Sequence[tuple[Tensor, Tensor, int]]) -> tuple[Tensor, ...]:
        """Pad with ones, which a loss must not count."""
        longest = max(1, *(len(x_TC) for x_TC, _, _ in samples))
        x_BTC = torch.ones(len(samples), longest, 3, dtype=self.dtype)
        y_BTK = torch.ones(len(samples), longest, 4, dtype=self.dtype)
        for row, (x_TC, y_TK, _) in enumerate(samples):
            x_BTC[row, : len(x_TC)] = x_TC
            y_BTK[row, : len(y_TK)] = y_TK
        lengths_B = torch.tensor([len(x_TC) for x_TC, _, _ in samples])
        index_B = torch.tensor([index for _, _, index in samples])
        return x_BTC, lengths_B, y_BTK, ((index_B % 3 != 0) & (index_B < self.empty_from)).to(self.dtype), index_B


class Map(TorchModule):
    """A linear map per position, and one more head that some graphs leave unused."""

    input_ports = ports(x="B T:t Channel:3")
    output_ports = ports(y="B T:t Channel:4", z="B T:t Channel:4")

    def __init__(self, *, double: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        dtype = torch.float64 if double else torch.float32
        self.first = nn.Linear(3, 4, dtype=dtype)
        self.second = nn.Linear(3, 4, dtype=dtype)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return both heads."""
        x = self.dropout(x)
        return self.first(x).tanh(), self.second(x)


class TokenLoss(LossModule):
    """Squared error summed over valid positions, weighed by their number."""

    input_ports = ports(y="B T:t Channel:4", target="B T:t Channel:4", length="B ; Lengths(t)")
    output_ports = ports(loss="; Loss")

    def total(self, y: Tensor, target: Tensor, length: Tensor) -> Tensor:
        """Sum over valid positions."""
        mask_BT = torch.arange(y.shape[1], device=y.device) < length.unsqueeze(1)
        return ((y - target).square().sum(-1) * mask_BT).sum()

    def weight(self, length: Tensor) -> Tensor:
        """Count valid positions."""
        return length.sum()


class SampleLoss(LossModule):
    """The sine at the first position of each sample, over the samples that are valid."""

    input_ports = ports(z="B T:t Channel:4", valid="B")
    output_ports = ports(loss="; Loss")

    def total(self, z: Tensor, valid: Tensor) -> Tensor:
        """Sum over valid samples."""
        return (z[:, 0].sin().sum(-1) * valid).sum()

    def weight(self, valid: Tensor) -> Tensor:
        """Count valid samples."""
        return valid.sum()


class PlainLoss(TorchModule):
    """A mean over samples that says nothing of a weight."""

    input_ports = ports(z="B T:t Channel:4")
    output_ports = ports(loss="; Loss")

    def forward(self, z: Tensor) -> Tensor:
        """Return the mean of the cosines at the first positions."""
        return z[:, 0].cos().mean()


class Explode(LossModule):
    """A loss that is not a number for one sample."""

    input_ports = ports(z="B T:t Channel:4", index="B ; Index")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, bad: int) -> None:
        super().__init__()
        self.bad = bad

    def total(self, z: Tensor, index: Tensor) -> Tensor:
        """Divide zero by zero for one sample."""
        return (z.mean((1, 2)) * torch.where(index == self.bad, torch.nan, 1.0)).sum()

    def weight(self, index: Tensor) -> int:
        """Count samples."""
        return len(index)


class Upper(NeuralModule):
    """A host module: the sign of the first position as a word."""

    input_ports = ports(y="B T:t Channel:4")
    output_ports = ports(word="list[object Text]")

    def forward(self, y: Tensor) -> list[str]:
        """Return a word per sample."""
        return ["up" if row[0].sum() > 0 else "down" for row in y]


class Mean(Metric):
    """The mean of a number per sample, exact for any split."""

    input_ports = ports(value="B ; Index")

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    def update(self, value: Tensor) -> None:
        """Add the numbers of a batch."""
        self.seen += [int(v) for v in value]

    def merge(self, other: "Mean") -> None:
        """Add another's."""
        self.seen += other.seen

    def compute(self) -> dict[str, float]:
        """Return the mean and the count."""
        return {"mean": sum(self.seen) / max(1, len(self.seen)), "count": float(len(self.seen))}

    def state(self) -> dict[str, Any]:
        """Return the numbers."""
        return {"seen": list(self.seen)}

    def load_state(self, state: Any) -> None:
        """Take them back."""
        self.seen = list(state["seen"])

    def reset(self) -> None:
        """Forget."""
        self.seen: list[int] = []


def two_losses(layer: Ragged, net: Map) -> tuple[Any, Any]:
    """Return the token loss of one head and the sample loss of the other, as symbolic tensors."""
    x, length, target, valid, _ = layer()
    y, z = net(x=x)
    return TokenLoss()(y=y, target=target, length=length), SampleLoss()(z=z, valid=valid)


def full_batch_gradient(net: Map, layer: Ragged, indices: Sequence[int], factors: tuple[float, float]) -> list[Tensor]:
    """Return the gradient over samples taken as one batch, written down without the engine: the reference."""
    batch = layer.load(indices)
    y, z = net.first(batch.x).tanh(), net.second(batch.x)
    rows = [
        (y[row, :length] - batch.target[row, :length]).square().sum()
        for row, length in enumerate(batch.length.tolist())
    ]
    loss = 0.0 * z.sum() + 0.0 * y.sum()
    if batch.length.sum() > 0:
        loss = loss + factors[0] * sum(rows) / batch.length.sum()
    if batch.valid.sum() > 0:
        loss = loss + factors[1] * (z[:, 0].sin().sum(-1) * batch.valid).sum() / batch.valid.sum()
    return list(torch.autograd.grad(loss, list(net.parameters())))


def mean_of_means_gradient(net: Map, layer: Ragged, factors: tuple[float, float]) -> list[Tensor]:
    """Return what engines computed that average the means of micro-batches: wrong for ragged weights."""
    plan = layer.plan_epoch(0, 0)
    gradients = [full_batch_gradient(net, layer, indices, factors) for indices in plan]
    return [torch.stack(parts).mean(0) for parts in zip(*gradients, strict=True)]


def relative_error(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """Return the largest difference, relative to the largest entry."""
    largest = max(float(tensor.abs().max()) for tensor in expected)
    return max(float((a - b).abs().max()) for a, b in zip(found, expected, strict=True)) / largest


class Keep(Callback):
    """Keeps what it is told at each log point and each update."""

    step_interval = 1

    def __init__(self) -> None:
        self.values: list[dict[str, float]] = []
        self.steps: list[int] = []
        self.events: list[str] = []

    def on_start(self, run: Run) -> None:
        """Note it."""
        self.events.append("start")

    def on_epoch_start(self, run: Run) -> None:
        """Note it."""
        self.events.append(f"epoch {run.epoch}")

    def on_epoch_end(self, run: Run) -> None:
        """Note it."""
        self.events.append(f"end of epoch {run.epoch}")

    def on_step(self, run: Run) -> None:
        """Note the number."""
        self.steps.append(run.step)

    def on_log(self, run: Run, values: Any) -> None:
        """Note the values."""
        self.values.append(dict(values))

    def on_exception(self, run: Run, error: BaseException) -> None:
        """Note the class."""
        self.events.append(type(error).__name__)

    def on_end(self, run: Run, reason: str) -> None:
        """Note the reason."""
        self.events.append(reason)
