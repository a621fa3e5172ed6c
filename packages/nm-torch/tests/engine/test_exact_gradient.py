"""Any split of an update into micro-batches has the gradient of the full batch."""

import pytest
import torch
from nm_torch_samples import (
    Map,
    PlainLoss,
    Ragged,
    TokenLoss,
    full_batch_gradient,
    mean_of_means_gradient,
    relative_error,
    two_losses,
)

from nm_core import NeuralModuleFactory
from nm_torch.loss import LossAggregator

FACTORS = (0.7, 2.0)
EXACT = 1e-12


def gradient_of_one_update(layer: Ragged, net: Map, batches: int, **settings: object) -> list[torch.Tensor]:
    """Return the change of the weights in one update of plain gradient descent at rate 1."""
    loss = LossAggregator(weights=list(FACTORS))(losses=list(two_losses(layer, net)))
    before = [parameter.detach().clone() for parameter in net.parameters()]
    NeuralModuleFactory(strategy="single").train(
        loss, optimizer={"name": "sgd", "lr": 1.0}, max_steps=1, batches_per_step=batches, **settings
    )
    return [old - new.detach() for old, new in zip(before, net.parameters(), strict=True)]


@pytest.mark.parametrize(("batch_size", "count"), [(1, 11), (2, 11), (3, 11), (4, 8), (11, 11)])
def test_accumulation_has_the_gradient_of_the_full_batch(batch_size: int, count: int) -> None:
    """Ragged micro-batches, some of weight zero, with two losses of different weights: exact in float64."""
    net, layer = Map(), Ragged(count=count, batch_size=batch_size)
    expected = full_batch_gradient(net, layer, range(count), FACTORS)

    found = gradient_of_one_update(layer, net, batches=-(-count // batch_size))

    assert relative_error(found, expected) < EXACT


def test_the_mean_of_means_is_not_the_gradient() -> None:
    """The naive average of micro-batch means fails the same comparison by far."""
    net, layer = Map(), Ragged(count=11, batch_size=2)
    expected = full_batch_gradient(net, layer, range(11), FACTORS)

    assert relative_error(mean_of_means_gradient(net, layer, FACTORS), expected) > 0.01


def test_the_last_partial_window_is_exact() -> None:
    """Fewer micro-batches than batches_per_step at the end of an epoch are normalised by their own weight."""
    net, layer = Map(), Ragged(count=5, batch_size=2)
    expected = full_batch_gradient(net, layer, range(5), FACTORS)

    assert relative_error(gradient_of_one_update(layer, net, batches=7), expected) < EXACT


def test_a_list_of_losses_is_their_sum() -> None:
    """Optimising a list and optimising an aggregator with weights of one are the same."""
    layer, changed = Ragged(), []
    for aggregate in (True, False):
        torch.manual_seed(0)
        net = Map()
        losses = list(two_losses(layer, net))
        nf = NeuralModuleFactory()
        nf.train(LossAggregator()(losses=losses) if aggregate else losses, optimizer="sgd", max_steps=3)
        changed.append([parameter.detach().clone() for parameter in net.parameters()])

    assert relative_error(changed[0], changed[1]) == 0.0


def test_nested_aggregators_multiply_their_weights() -> None:
    """A loss reached twice counts with the sum of the products of the weights on its paths."""
    layer = Ragged()
    weights = {}
    for nested in (True, False):
        torch.manual_seed(0)
        net = Map()
        first, second = two_losses(layer, net)
        if nested:
            inner = LossAggregator(weights=[2.0, 1.0], name="inner")(losses=[first, second])
            loss = LossAggregator(weights=[0.5, 3.0], name="outer")(losses=[inner, first])
        else:
            loss = LossAggregator(weights=[4.0, 0.5])(losses=[first, second])
        NeuralModuleFactory().train(loss, optimizer="sgd", max_steps=2)
        weights[nested] = [parameter.detach().clone() for parameter in net.parameters()]

    assert relative_error(weights[True], weights[False]) < EXACT


def test_a_window_without_weight_changes_nothing() -> None:
    """Momentum and weight decay do not move weights either, and the window is counted."""
    net, layer = Map(), Ragged(count=8, batch_size=2, empty_from=4)
    losses = list(two_losses(layer, net))
    nf = NeuralModuleFactory()
    settings = {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "decay_all": True}}
    nf.train(losses, max_steps=2, **settings)
    before = [parameter.detach().clone() for parameter in net.parameters()]

    result = nf.train(losses, max_epochs=1, **settings)

    assert (result.step, result.skipped, result.samples) == (2, 2, 8)
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_a_plain_scalar_is_weighted_by_samples_and_reported_once() -> None:
    """A loss without total and weight is averaged over samples, exactly when it is a mean over samples."""
    net, layer = Map(), Ragged(count=5, batch_size=2)
    _, z = net(x=layer().x)
    loss = PlainLoss()(z=z)
    batch = layer.load(range(5))
    expected = torch.autograd.grad(net.second(batch.x)[:, 0].cos().mean(), list(net.second.parameters()))
    before = [parameter.detach().clone() for parameter in net.second.parameters()]
    nf = NeuralModuleFactory()

    result = nf.train(loss, optimizer={"name": "sgd", "lr": 1.0}, max_steps=1, batches_per_step=3)
    found = [old - new.detach() for old, new in zip(before, net.second.parameters(), strict=True)]
    again = nf.train(loss, optimizer={"name": "sgd", "lr": 1.0}, max_steps=2, batches_per_step=3)

    assert relative_error(found, expected) < EXACT
    assert again.step == 2
    assert "plain_loss.loss is weighted by samples" in " ".join(result.report)
    assert not again.report


def test_a_weight_that_no_data_layer_gives_is_reported() -> None:
    """A loss whose weight depends on what a module computes is weighted by samples."""
    net, layer = Map(), Ragged()
    x, length, target, _, _ = layer()
    y, _ = net(x=x)

    class LengthOf(Map):
        """Lengths computed by the framework."""

        input_ports = {"length": "B ; Lengths(t)"}
        output_ports = {"again": "B ; Lengths(t)"}

        def forward(self, length: torch.Tensor) -> torch.Tensor:
            return length

    loss = TokenLoss()(y=y, target=target, length=LengthOf()(length=length))
    result = NeuralModuleFactory().train(loss, optimizer="sgd", max_steps=1)
    assert "weight depends on values that no data layer gives" in " ".join(result.report)


@pytest.mark.parametrize(("clip", "batches"), [(0.05, 1), (0.05, 3), (1e9, 3)])
def test_clipping_scales_the_whole_gradient(clip: float, batches: int) -> None:
    """A gradient over the limit is scaled to it as one vector; one below it stays as it is."""
    net, layer = Map(), Ragged(count=6, batch_size=2)
    seen = 6 if batches == 3 else 2
    expected = full_batch_gradient(net, layer, range(seen), FACTORS)
    norm = torch.linalg.vector_norm(torch.cat([part.flatten() for part in expected]))
    expected = [part * min(1.0, clip / (float(norm) + 1e-6)) for part in expected]

    assert relative_error(gradient_of_one_update(layer, net, batches, gradient_clip_norm=clip), expected) < 1e-9
