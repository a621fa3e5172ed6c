"""What descriptions of optimizers build: groups with and without decay, names, fused kernels."""

import copy

import pytest
import torch
from torch import nn

from nm_torch.optim import Adam, AdamW, Novograd, OptimizerError, Sgd, resolve_optimizer


def network() -> nn.Module:
    """Return a network with weights, biases and scales."""
    return nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.Conv1d(4, 1, 1))


def test_biases_and_scales_do_not_decay() -> None:
    """Weight decay goes to parameters with two dimensions or more, unless all are asked for."""
    some = AdamW(weight_decay=0.1).build(network().named_parameters())
    assert [(group["weight_decay"], group["param_names"]) for group in some.param_groups] == [
        (0.1, ["0.weight", "2.weight"]),
        (0.0, ["0.bias", "1.weight", "1.bias", "2.bias"]),
    ]
    everything = AdamW(weight_decay=0.1, decay_all=True).build(network().named_parameters())
    assert [(group["weight_decay"], len(group["params"])) for group in everything.param_groups] == [(0.1, 6)]


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "novograd", "RMSprop"])
def test_an_unused_bias_keeps_its_value_under_decay(name: str) -> None:
    """With zero gradients a bias stays where it is and a weight shrinks."""
    net = nn.Linear(3, 3)
    nn.init.ones_(net.weight)
    nn.init.ones_(net.bias)
    optimizer = resolve_optimizer({"name": name, "lr": 0.1, "weight_decay": 0.5}).build(net.named_parameters())
    net.weight.grad, net.bias.grad = torch.zeros(3, 3), torch.zeros(3)
    optimizer.step()
    assert torch.equal(net.bias.detach(), torch.ones(3))
    assert (net.weight.detach() < 1).all()


@pytest.mark.parametrize("spec", [Sgd(momentum=0.9), Adam(), AdamW()])
def test_one_kernel_does_all_where_the_device_has_it(spec: Adam | Sgd) -> None:
    """The fused kernel is taken by itself, can be refused, and gives the same weights."""
    first = network()
    second = copy.deepcopy(first)
    fused = spec.build(first.named_parameters())
    plain = type(spec)(**{**spec.arguments(), "fused": False}).build(second.named_parameters())
    assert all(group["fused"] is True for group in fused.param_groups)
    assert all(group["fused"] is False for group in plain.param_groups)
    for net, optimizer in ((first, fused), (second, plain)):
        for value in (1.0, 2.0, -3.0):
            net(torch.full((2, 2, 9), value)).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_where_there_is_no_fused_kernel_another_is_taken() -> None:
    """Parameters whose kind the fused kernel refuses are trained without it."""
    weight = nn.Parameter(torch.ones(2, 2, dtype=torch.complex64))
    optimizer = Adam().build([("weight", weight)])
    assert not optimizer.param_groups[0]["fused"]
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    assert weight.detach().real.max().item() < 1


def test_frozen_and_tied_parameters_come_once_or_not_at_all() -> None:
    """What asks for no gradient is left out, and a tied weight is trained once, under its first name."""
    net = network()
    net[0].requires_grad_(False)
    named = [*net.named_parameters(), ("again.weight", net[2].weight)]
    optimizer = Novograd().build(named)
    names = [name for group in optimizer.param_groups for name in group["param_names"]]
    assert names == ["1.weight", "1.bias", "2.weight", "2.bias"]


def test_nothing_to_train_is_an_error() -> None:
    """Without a parameter that asks for a gradient there is nothing to build."""
    with pytest.raises(OptimizerError, match=r"nothing to train.*unfreeze"):
        Sgd().build(network().requires_grad_(False).named_parameters())


def test_descriptions_are_frozen() -> None:
    """A description cannot be changed once it is made."""
    spec = Novograd(lr=0.02)
    with pytest.raises(AttributeError):
        spec.lr = 1.0  # type: ignore[misc]
    assert (spec.lr, spec.betas) == (0.02, (0.95, 0.98))
