"""Modules are in the mode of an action, and as they were after it."""

from threading import Barrier, Thread

import torch
from torch import nn

from nm_torch.modes import evaluation_mode, training_mode


def test_modes_are_given_back() -> None:
    """Each module has the mode that it had before, whatever that was."""
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Linear(2, 2), nn.Dropout())).eval()
    net[1].training = True

    with training_mode(net):
        assert all(part.training for part in net.modules())
    with evaluation_mode(net):
        assert not any(part.training for part in net.modules())

    assert [part.training for part in net.modules()] == [False, False, True, False, False]


def test_statistics_of_frozen_layers_stay() -> None:
    """A normalisation whose weights are all frozen keeps its statistics; others go on."""
    frozen, learning, bare = nn.BatchNorm1d(3), nn.BatchNorm1d(3), nn.BatchNorm1d(3, affine=False)
    frozen.requires_grad_(False)
    net = nn.Sequential(frozen, learning, bare)

    with training_mode(net):
        net(5 + torch.randn(8, 3))

    assert torch.equal(frozen.running_mean, torch.zeros(3))
    assert not torch.equal(learning.running_mean, torch.zeros(3))
    assert not torch.equal(bare.running_mean, torch.zeros(3))
    assert all(part.training for part in net.modules())


def test_threads_share_evaluation_mode() -> None:
    """A module is back in training mode when the last of several threads is done with it, and not before."""
    net = nn.Sequential(nn.Dropout(), nn.Linear(2, 2))
    start, flags = Barrier(8), []

    def run(number: int) -> None:
        start.wait()
        for _ in range(200 + number):
            with evaluation_mode(net):
                flags.extend(part.training for part in net.modules())

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert flags
    assert not any(flags)
    assert all(part.training for part in net.modules())
    assert [sorted(vars(part)) for part in net] == [sorted(vars(part)) for part in (nn.Dropout(), nn.Linear(2, 2))]


def test_a_module_in_evaluation_mode_is_not_touched() -> None:
    """Nothing is written to it, which another thread could read."""
    net = nn.Dropout().eval()
    before = dict(vars(net))
    with evaluation_mode(net), evaluation_mode(net):
        assert vars(net) == before


def test_evaluation_mode_nests() -> None:
    """As an evaluation during a training, and a search inside of it."""
    net = nn.Dropout()
    with evaluation_mode(net):
        with evaluation_mode(net):
            assert not net.training
        assert not net.training
    assert net.training
