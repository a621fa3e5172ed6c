"""An update that is left out leaves nothing behind: parameters and buffers, in every precision, window and process."""

from collections.abc import Sequence
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn

from nm_core import NeuralModuleFactory, ports
from nm_torch import LossModule, TorchModule
from nm_torch.data import Batching, DataLayer
from nm_torch.engine.skipped_updates import NON_FINITE_LOSS, SkippedUpdates, list_names
from nm_torch.errors import NonFiniteLossError, TrainingError

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}


class Recordings(DataLayer):
    """Sequences of 5 positions with 3 features, each a function of its number; one of them is not a number."""

    output_ports = ports(x="B T:t Channel:3", length="B ; Lengths(t)")

    def __init__(self, *, numbers: Sequence[int], bad: int = -1) -> None:
        super().__init__(batching=Batching(batch_size=1))
        self.numbers, self.bad = list(numbers), bad

    def __len__(self) -> int:
        return len(self.numbers)

    def sample_name(self, index: int) -> str:
        """Return a path."""
        return f"recordings/{self.numbers[index]}.wav"

    def sample(self, index: int, random: numpy.random.Generator) -> Tensor:
        """Return the features."""
        number = self.numbers[index]
        x_TC = torch.randn(5, 3, generator=torch.Generator().manual_seed(number))
        x_TC[2, 1] = torch.nan if number == self.bad else 0.0
        return x_TC

    def collate(self, samples: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Stack them."""
        return torch.stack(list(samples)), torch.full((len(samples),), 5)


class Normalised(TorchModule):
    """A linear map under a batch normalisation, with a codebook that learns without a gradient."""

    input_ports = ports(x="B T:t Channel:3")
    output_ports = ports(y="B T:t Channel:4")

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.linear = nn.Linear(3, 4)
        self.register_buffer("codebook", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise and map."""
        if self.training:
            self.codebook.data.mul_(0.9).add_(x.detach().float().mean((0, 1)))
        return self.linear(self.norm(x.transpose(1, 2)).transpose(1, 2))


class Energy(LossModule):
    """The mean of squares."""

    input_ports = ports(y="B T:t Channel:4", length="B ; Lengths(t)")
    output_ports = ports(loss="; Loss")

    def total(self, y: Tensor, length: Tensor) -> Tensor:
        """Sum the squares."""
        return (y - 1).square().sum()

    def weight(self, length: Tensor) -> float:
        """Count positions."""
        return float(length.sum())


def train(
    numbers: Sequence[int], bad: int = -1, *, precision: str = "fp32", strategy: str = "single", **options: Any
) -> tuple[Normalised, Any]:
    """Train on some recordings; return the network and the result."""
    torch.manual_seed(3)
    net, layer = Normalised(), Recordings(numbers=numbers, bad=bad)
    x, length = layer()
    loss = Energy()(y=net(x=x), length=length)
    nf = NeuralModuleFactory(precision=precision, strategy=strategy)
    result = nf.train(loss, optimizer=SGD, max_epochs=1, **options)
    return net, result


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize(("window", "lost"), [(1, {5}), (2, {4, 5}), (3, {3, 4, 5})])
def test_a_skipped_update_leaves_no_trace(precision: str, window: int, lost: set[int]) -> None:
    """Weights, running statistics, counters and codebooks are bitwise those of a training without its samples."""
    options = {"precision": precision, "batches_per_step": window, "gradient_clip_norm": 1.0, "non_finite": "skip"}
    expected, _ = train([number for number in range(9) if number not in lost], **options)

    net, result = train(range(9), bad=5, **options)

    assert result.skipped >= 1
    for name, value in expected.state_dict().items():
        assert torch.equal(net.state_dict()[name], value), name
    assert f"since a loss was not finite: update {5 // window + 1}: recordings/5.wav." in "".join(result.report)


def test_in_fp16_a_loss_that_is_not_finite_is_no_overflow() -> None:
    """By default it is an error that names the recording; the weights, statistics and the loss scale stay."""
    torch.manual_seed(3)
    net, layer = Normalised(), Recordings(numbers=range(8), bad=0)
    x, length = layer()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    nf = NeuralModuleFactory(precision="fp16")
    loss = Energy()(y=net(x=x), length=length)

    with pytest.raises(NonFiniteLossError, match=r"not finite in update 1(.|\n)*recordings/0\.wav") as error:
        nf.train(loss, optimizer=SGD, max_epochs=1, batches_per_step=2)

    assert error.value.samples == (0,)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_in_fp32_the_error_names_the_recording() -> None:
    """What stops a training is named as people know it, and that the weights in memory went along."""
    with pytest.raises(NonFiniteLossError, match=r"recordings/5\.wav(.|\n)*weights in memory have followed it"):
        train(range(8), bad=5)


def test_a_training_of_skipped_updates_alone_is_an_error() -> None:
    """An end without an update is no model: the error counts samples and names the reason."""
    expected = r"(?s)without an update.* 1 samples.*not finite: update 1: recordings/5\.wav"
    with pytest.raises(TrainingError, match=expected):
        train([5], bad=5, non_finite="skip")


def test_notes_stay_short() -> None:
    """Of many updates left out, the first are named."""
    skipped = SkippedUpdates()
    for number in range(9):
        skipped.add(NON_FINITE_LOSS, f"update {number}: a.wav")

    (note,) = skipped.notes()

    assert note.startswith("9 updates were left out")
    assert note.count("a.wav") == 5
    assert list_names([str(number) for number in range(20)], most=3) == "0, 1, 2 and 17 more"
