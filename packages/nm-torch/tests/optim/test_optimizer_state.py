"""The state of optimizers by parameter name: exact, checked, and apart from the settings of a user."""

import copy

import pytest
import torch
from torch import nn

from nm_torch.optim import (
    AdamW,
    FunctionOptimizer,
    OptimizerStateError,
    Schedule,
    Sgd,
    load_optimizer_state,
    optimizer_names,
    optimizer_state,
    resolve_optimizer,
    resolve_policy,
)

USABLE = sorted(set(optimizer_names()) - {"LBFGS", "SparseAdam", "Muon", "SGD", "Adam", "AdamW"})


def train(net: nn.Module, optimizer: torch.optim.Optimizer, batches: torch.Tensor) -> None:
    """Make an update for each batch."""
    for x_BC in batches:
        net(x_BC).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("name", [*USABLE, {"name": "sgd", "momentum": 0.9}, {"name": "adam", "amsgrad": True}])
def test_training_goes_on_bitwise(name: object) -> None:
    """With its state loaded into a new optimizer, training goes on to bitwise the same weights."""
    batches = torch.randn(6, 4, 3)
    net = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    spec = resolve_optimizer(name)
    optimizer = spec.build(net.named_parameters())
    train(net, optimizer, batches[:3])

    resumed = copy.deepcopy(net)
    again = spec.build(resumed.named_parameters())
    state = copy.deepcopy(optimizer_state(optimizer))
    assert load_optimizer_state(again, state, settings=spec.arguments()) == ()
    train(net, optimizer, batches[3:])
    train(resumed, again, batches[3:])

    for one, other in zip(net.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_order_of_parameters_does_not_matter() -> None:
    """State finds its parameters by name, in whatever order they come."""
    net = nn.Linear(3, 2)
    first = AdamW().build(net.named_parameters())
    train(net, first, torch.randn(2, 4, 3))
    second = AdamW().build(reversed(list(net.named_parameters())))
    load_optimizer_state(second, optimizer_state(first))
    for parameter in net.parameters():
        for key, value in first.state[parameter].items():
            assert torch.equal(second.state[parameter][key], value)
            assert second.state[parameter][key] is not value


def test_settings_stay_those_of_the_user_and_differences_are_told() -> None:
    """A resumed run keeps the options it is given, says which differ, and starts the policy from the new rate."""
    net = nn.Linear(3, 2)
    old = Sgd(lr=0.1, momentum=0.9).build(net.named_parameters())
    Schedule(old, resolve_policy("cosine"), 10).apply(5)
    train(net, old, torch.randn(2, 4, 3))
    spec = Sgd(lr=0.2, momentum=0.8)
    new = spec.build(net.named_parameters())
    report = load_optimizer_state(new, optimizer_state(old), settings=spec.arguments())
    assert set(report) == {"momentum was 0.9, and is 0.8 now", "lr was 0.1, and is 0.2 now"}
    assert new.param_groups[0]["momentum"] == 0.8
    assert Schedule(new, resolve_policy("constant")).apply(0) == 0.2


def test_what_an_optimizer_keeps_in_its_groups_comes_back() -> None:
    """Numbers that an optimizer counts in its groups, and that are no settings, are restored."""
    net = nn.Linear(3, 2)
    spec = FunctionOptimizer(lambda pairs: torch.optim.SGD(pairs, lr=0.1))
    old, new = spec.build(net.named_parameters()), spec.build(net.named_parameters())
    old.param_groups[0]["seen"] = 7
    assert load_optimizer_state(new, optimizer_state(old), settings=spec.arguments()) == ()
    assert new.param_groups[0]["seen"] == 7


def test_another_kernel_is_no_difference() -> None:
    """A state written with fused kernels loads where there are none, and the other way round."""
    net = nn.Linear(3, 2)
    fused, plain = AdamW().build(net.named_parameters()), AdamW(fused=False).build(net.named_parameters())
    train(net, fused, torch.randn(2, 4, 3))
    assert load_optimizer_state(plain, optimizer_state(fused), settings=AdamW().arguments()) == ()
    assert not plain.param_groups[0]["fused"]
    train(net, plain, torch.randn(1, 4, 3))
    assert load_optimizer_state(fused, optimizer_state(plain), settings=AdamW().arguments()) == ()


def test_a_state_of_other_parameters_is_refused_whole() -> None:
    """Missing, unknown and reshaped parameters are all named at once, and nothing is changed."""
    old = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    new = nn.ModuleDict({"b": nn.Linear(2, 3), "c": nn.Linear(2, 2)})
    optimizer = Sgd(momentum=0.9).build(new.named_parameters())
    state = optimizer_state(Sgd(momentum=0.9).build(old.named_parameters()))
    with pytest.raises(OptimizerStateError) as caught:
        load_optimizer_state(optimizer, state)
    for part in ("c.weight has no state", "a.bias is not trained here", "b.weight had shape (2, 2), and has (3, 2)"):
        assert part in str(caught.value)
    assert not optimizer.state


def test_a_state_of_another_optimizer_is_refused() -> None:
    """Momentum is not a second moment: the message names both optimizers."""
    net = nn.Linear(2, 2)
    state = optimizer_state(Sgd().build(net.named_parameters()))
    with pytest.raises(OptimizerStateError, match="state is that of SGD, and the training uses AdamW"):
        load_optimizer_state(AdamW().build(net.named_parameters()), state)


def test_parameters_without_names_are_refused() -> None:
    """An optimizer made from bare parameters has no names to keep state by."""
    with pytest.raises(OptimizerStateError, match="have no names"):
        optimizer_state(torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1))
