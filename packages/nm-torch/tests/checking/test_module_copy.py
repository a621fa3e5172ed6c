"""A check leaves no trace."""

import copy
import random
from typing import Any

import numpy
import torch
from nm_torch_liars import Pooling, module_of
from torch import Tensor, nn

from nm_torch import check_module, from_torch


def test_nothing_is_left_behind() -> None:
    """Weights, statistics, counters, gradients, modes and random streams are as they were."""
    module = Pooling(feat_in=4)
    module.eval()
    module.norm.train()
    for weight in module.parameters():
        weight.grad = torch.ones_like(weight)
    before = copy.deepcopy(module.state_dict())
    streams = random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_rng_state()

    check_module(module)

    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module.seen
    assert (module.training, module.norm.training) == (False, True)
    assert all(torch.equal(weight.grad, torch.ones_like(weight)) for weight in module.parameters())
    assert random.getstate() == streams[0]
    assert numpy.random.get_state()[1].tolist() == streams[1]
    assert torch.equal(torch.get_rng_state(), streams[2])


class Uncopied(Pooling):
    """A module that cannot be copied."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("no copies")


def test_a_module_that_cannot_be_copied_is_put_back() -> None:
    """It runs itself, and its state is restored."""
    module = Uncopied(feat_in=4)
    before = copy.copy(module.state_dict())
    before = {name: value.clone() for name, value in before.items()}
    weights = list(module.parameters())

    check_module(module)

    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module.seen
    assert module.training
    assert all(one is other for one, other in zip(module.parameters(), weights, strict=True))


def test_weights_that_do_not_exist_yet_still_do_not() -> None:
    """A lazy layer takes its size from the first real batch, not from a check."""
    module = from_torch(nn.LazyLinear(5), inputs={"x": "B C:4"}, outputs={"y": "B C:5"})

    check_module(module)

    assert isinstance(module.module.weight, nn.UninitializedParameter)


def test_the_same_seed_gives_the_same_check() -> None:
    """And another one gives other inputs."""
    seen: list[Tensor] = []
    module = module_of(lambda x: seen.append(x.clone()) or x, inputs={"x": "B"}, outputs={"y": "B"})

    for seed in (0, 0, 1):
        check_module(module, seed=seed)

    first, again, other = seen[0], seen[2], seen[4]
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
