"""Trainings from which nothing can be learned end with an error that says why."""

import pytest
import torch
from nm_torch_samples import Map, Ragged, SampleLoss, two_losses
from torch import Tensor

from nm_core import NeuralModuleFactory
from nm_torch import LossModule, ports
from nm_torch.data import BatchingError
from nm_torch.errors import TrainingError


class Idle(LossModule):
    """A loss to which samples from a number on add nothing, though they count."""

    input_ports = ports(z="B T:t Channel:4", index="B ; Index")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, idle_from: int) -> None:
        super().__init__()
        self.idle_from, self.idle = idle_from, 0

    @property
    def left_out(self) -> int:
        """Count them."""
        return self.idle

    def total(self, z: Tensor, index: Tensor) -> Tensor:
        """Sum over the others."""
        self.idle += int((index >= self.idle_from).sum())
        return (z.mean((1, 2)) * (index < self.idle_from)).sum()

    def weight(self, index: Tensor) -> int:
        """Count samples."""
        return len(index)


@pytest.mark.parametrize("options", [{"max_steps": 3}, {"max_epochs": 2}])
@pytest.mark.parametrize("workers", [0, 1])
def test_too_few_samples_for_a_batch_are_an_error(options: dict[str, int], workers: int) -> None:
    """It names the batch size and the number of samples, whatever ends the training, instead of waiting for ever."""
    losses = list(two_losses(Ragged(count=11, batch_size=64, drop_last=True, workers=workers), Map()))
    with pytest.raises(BatchingError, match=r"has 11 samples, fewer than batch_size=64, and drop_last"):
        NeuralModuleFactory().train(losses, **options)


def test_an_epoch_without_weight_is_an_error() -> None:
    """The end of a training that made no update is told with the reason."""
    with pytest.raises(TrainingError, match=r"(?s)without an update.*11 samples.*6 updates were left out, since their"):
        NeuralModuleFactory().train(list(two_losses(Ragged(empty_from=0), Map())), max_epochs=1)


@pytest.mark.parametrize("options", [{"max_steps": 1000}, {"max_epochs": 1}])
def test_samples_that_add_nothing_are_an_error_when_they_are_all(options: dict[str, int]) -> None:
    """A loss of 0 from samples that have no value is found after the first epoch."""
    layer = Ragged()
    with pytest.raises(TrainingError, match=r"none of 11 samples adds anything to loss"):
        NeuralModuleFactory().train(Idle(idle_from=0)(z=Map()(x=layer().x)[1], index=layer().index), **options)


def test_some_samples_that_add_nothing_are_told() -> None:
    """They are counted in the report, those of this call alone."""
    layer, loss = Ragged(), Idle(idle_from=8)
    loss.idle = 100
    result = NeuralModuleFactory().train(loss(z=Map()(x=layer().x)[1], index=layer().index), max_epochs=2)
    assert "6 of 22 samples added nothing to loss: it has no value for their targets." in result.report


def test_another_loss_can_still_be_learned() -> None:
    """Where a second loss has values, the training goes on."""
    layer, net = Ragged(), Map()
    x, _, _, valid, index = layer()
    z = net(x=x)[1]
    before = net.second.weight.detach().clone()

    result = NeuralModuleFactory().train(
        [Idle(idle_from=0)(z=z, index=index), SampleLoss()(z=z, valid=valid)], max_epochs=1
    )

    assert result.step == 6
    assert not torch.equal(net.second.weight, before)


def test_a_training_at_its_end_changes_nothing() -> None:
    """A call that has nothing left to do is no training without an update."""
    losses = list(two_losses(Ragged(), Map()))
    nf = NeuralModuleFactory()
    nf.train(losses, max_epochs=1)
    assert nf.train(losses, max_epochs=1).step == 6
