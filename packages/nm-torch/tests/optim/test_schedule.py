"""A policy at work on an optimizer."""

import pytest
import torch
from torch import nn

from nm_torch.optim import AdamW, CosineAnnealing, FunctionOptimizer, PolicyError, Schedule, resolve_policy


def test_every_group_follows_the_policy() -> None:
    """Both groups of an optimizer with decay have the policy's rate, and the first one's is returned."""
    optimizer = AdamW(lr=0.5).build(nn.Linear(2, 2).named_parameters())
    policy = CosineAnnealing(warmup_steps=2)
    schedule = Schedule(optimizer, policy, 10)
    for update in range(12):
        assert schedule.apply(update) == policy.learning_rate(update, 10, 0.5)
        assert {group["lr"] for group in optimizer.param_groups} == {policy.learning_rate(update, 10, 0.5)}


def test_groups_of_different_rates_keep_their_proportion() -> None:
    """A group that a user's function gave another rate follows the same curve from its own."""

    def function(pairs: list[tuple[str, nn.Parameter]]) -> torch.optim.Optimizer:
        return torch.optim.SGD([{"params": pairs[:1], "lr": 1.0}, {"params": pairs[1:], "lr": 0.1}])

    optimizer = FunctionOptimizer(function).build(nn.Linear(2, 2).named_parameters())
    schedule = Schedule(optimizer, resolve_policy("cosine"), 10)
    assert schedule.apply(5) == pytest.approx(0.5)
    assert optimizer.param_groups[1]["lr"] == pytest.approx(0.05)


def test_a_schedule_made_again_starts_from_the_same_rate() -> None:
    """A second schedule for one optimizer does not start from where the first one left the rate."""
    optimizer = AdamW(lr=0.5).build(nn.Linear(2, 2).named_parameters())
    Schedule(optimizer, resolve_policy("cosine"), 10).apply(9)
    assert Schedule(optimizer, resolve_policy("cosine"), 10).apply(0) == 0.5


def test_a_policy_that_cannot_be_followed_is_an_error_at_once() -> None:
    """A missing horizon shows when the schedule is made, not in the middle of a run."""
    optimizer = AdamW().build(nn.Linear(2, 2).named_parameters())
    with pytest.raises(PolicyError):
        Schedule(optimizer, resolve_policy("cosine"))
