"""Modules are in the mode of an action, and as they were after it."""

import torch
from torch import nn

from nm_torch.engine.modes import module_mode


def test_modes_are_given_back() -> None:
    """Each module has the mode that it had before, whatever that was."""
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Linear(2, 2), nn.Dropout())).eval()
    net[1].training = True

    with module_mode([net], training=True):
        assert all(part.training for part in net.modules())
    with module_mode([net], training=False):
        assert not any(part.training for part in net.modules())

    assert [part.training for part in net.modules()] == [False, False, True, False, False]


def test_statistics_of_frozen_layers_stay() -> None:
    """A normalisation whose weights are all frozen keeps its statistics; others go on."""
    frozen, learning, bare = nn.BatchNorm1d(3), nn.BatchNorm1d(3), nn.BatchNorm1d(3, affine=False)
    frozen.requires_grad_(False)
    net = nn.Sequential(frozen, learning, bare)

    with module_mode([net], training=True):
        net(5 + torch.randn(8, 3))

    assert torch.equal(frozen.running_mean, torch.zeros(3))
    assert not torch.equal(learning.running_mean, torch.zeros(3))
    assert not torch.equal(bare.running_mean, torch.zeros(3))
    assert all(part.training for part in net.modules())
