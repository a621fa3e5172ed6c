"""Policies against closed forms, the laws they share, and a policy at work on an optimizer."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from nm_torch.optim import (
    AdamW,
    Constant,
    CosineAnnealing,
    FunctionOptimizer,
    InverseSquareRoot,
    OptimizerOptionError,
    Policy,
    PolicyError,
    PolynomialDecay,
    Schedule,
    WarmupHold,
    resolve_policy,
)

bases = st.floats(1e-6, 10.0)
counts = st.integers(0, 50)
falling = st.sampled_from([CosineAnnealing, PolynomialDecay])
warming = st.sampled_from([WarmupHold, CosineAnnealing, PolynomialDecay, InverseSquareRoot])


@given(bases, counts, st.integers(0, 10**6))
def test_constant_is_constant(base: float, horizon: int, update: int) -> None:
    """The constant policy gives the optimizer's rate at every update, with or without a horizon."""
    assert Constant().learning_rate(update, horizon, base) == base
    assert Constant().learning_rate(update, None, base) == base


@given(warming, st.integers(1, 50), counts, bases)
def test_warmup_is_linear_and_ends_at_the_base(kind: type[WarmupHold], warmup: int, hold: int, base: float) -> None:
    """Warm-up rises by base/w per update, and its last update and every held one have the whole rate."""
    rate = kind(warmup_steps=warmup, hold_steps=hold).bind(warmup + hold + 10, base)
    for update in range(warmup):
        assert rate(update) == pytest.approx(base * (update + 1) / warmup)
    for update in range(warmup - 1, warmup + hold):
        assert rate(update) == pytest.approx(base, rel=1e-12)


@given(warming, counts, counts, st.integers(20, 500), bases)
def test_the_curve_goes_on_from_the_hold(
    kind: type[WarmupHold], warmup: int, hold: int, span: int, base: float
) -> None:
    """From warm-up or hold to the curve there is no jump beyond what one update of the curve changes."""
    rate = kind(warmup_steps=warmup, hold_steps=hold).bind(warmup + hold + span, base)
    start = warmup + hold
    first = rate(start)
    if kind is InverseSquareRoot:
        assert first == pytest.approx(base * math.sqrt(max(warmup, 1) / (warmup + 1)))
    else:
        assert first == pytest.approx(base, rel=1e-12)


@given(falling, counts, counts, st.integers(1, 300), bases, st.floats(0, 1))
def test_falling_policies_fall_to_the_least_rate(
    kind: type[CosineAnnealing | PolynomialDecay], warmup: int, hold: int, span: int, base: float, share: float
) -> None:
    """After the hold the rate never rises, stays within its bounds, and is min_lr from the horizon on."""
    least = share * base
    horizon = warmup + hold + span
    rate = kind(warmup_steps=warmup, hold_steps=hold, min_lr=least).bind(horizon, base)
    curve = [rate(update) for update in range(warmup + hold, horizon + 3)]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(curve))
    assert curve[-3:] == [least] * 3
    assert all(least * (1 - 1e-12) <= value <= base * (1 + 1e-12) for value in curve)
    if least < base / 2:
        assert rate(horizon - 1) > least  # the last update still learns


@given(st.integers(1, 500), bases, st.floats(0, 1))
def test_cosine_is_half_a_cosine(horizon: int, base: float, share: float) -> None:
    """The rate is (1 + cos(pi k / n)) / 2 of the way, so halfway is the mean of both ends."""
    least = share * base
    policy = CosineAnnealing(min_lr=least)
    for update in (0, horizon // 3, horizon - 1):
        expected = least + (base - least) * 0.5 * (1 + math.cos(math.pi * update / horizon))
        assert policy.learning_rate(update, horizon, base) == pytest.approx(expected)
    assert policy.learning_rate(horizon, 2 * horizon, base) == pytest.approx((base + least) / 2)


@given(st.integers(1, 500), bases, st.floats(0.25, 4))
def test_polynomial_is_a_power(horizon: int, base: float, power: float) -> None:
    """The rate is base * (1 - k / n) ** power; power 1 is a straight line."""
    for update in (0, horizon // 2, horizon - 1):
        expected = base * (1 - update / horizon) ** power
        assert PolynomialDecay(power=power).learning_rate(update, horizon, base) == pytest.approx(expected)


@given(st.integers(1, 200), st.integers(0, 10**5), bases)
def test_inverse_square_root_needs_no_horizon(warmup: int, update: int, base: float) -> None:
    """The rate is base * min(t / w, sqrt(w / t)) for the t-th update."""
    t = update + 1
    expected = base * min(t / warmup, math.sqrt(warmup / t))
    assert InverseSquareRoot(warmup_steps=warmup).learning_rate(update, None, base) == pytest.approx(expected)


@given(st.integers(1, 4000), st.integers(0, 10**5), st.sampled_from([64, 512, 1024]), st.floats(0.1, 4))
def test_with_a_model_size_it_is_that_of_the_transformer(warmup: int, update: int, size: int, scale: float) -> None:
    """With model_size the rate is that of Vaswani et al. 2017, section 5.3, times the optimizer's rate."""
    t = update + 1
    expected = scale * size**-0.5 * min(t**-0.5, t * warmup**-1.5)
    policy = InverseSquareRoot(warmup_steps=warmup, model_size=size)
    assert policy.learning_rate(update, None, scale) == pytest.approx(expected)


@given(warming, st.floats(0, 1), st.integers(1, 1000), bases)
def test_a_ratio_is_a_share_of_the_horizon(kind: type[WarmupHold], ratio: float, horizon: int, base: float) -> None:
    """warmup_ratio is warmup_steps for that share of the updates, rounded."""
    by_ratio = kind(warmup_ratio=ratio).bind(horizon, base)
    by_steps = kind(warmup_steps=round(ratio * horizon)).bind(horizon, base)
    assert [by_ratio(update) for update in range(horizon)] == [by_steps(update) for update in range(horizon)]


@given(falling, st.integers(1, 100), st.integers(1, 100), bases)
def test_a_horizon_of_its_own_wins(
    kind: type[CosineAnnealing | PolynomialDecay], own: int, other: int, base: float
) -> None:
    """With its own horizon a policy does not depend on the length of the training, so it can run in pieces."""
    policy = kind(horizon=own)
    for update in range(own + 2):
        assert policy.learning_rate(update, other, base) == policy.learning_rate(update, None, base)
    assert policy.learning_rate(own, None, base) == 0.0


@given(warming, counts, counts, st.integers(0, 300), st.integers(0, 400), bases, st.floats(0.01, 100))
def test_rates_scale_with_the_base(
    kind: type[WarmupHold], warmup: int, hold: int, span: int, update: int, base: float, factor: float
) -> None:
    """Twice the optimizer's rate is twice the rate at every update."""
    assume(1e-9 < base * factor < 1e9)
    horizon = warmup + hold + span
    policy = kind(warmup_steps=warmup, hold_steps=hold)
    once, more = (policy.learning_rate(update, horizon, rate) for rate in (base, factor * base))
    assert more == pytest.approx(factor * once, rel=1e-9)


@pytest.mark.parametrize("policy", [CosineAnnealing(), PolynomialDecay(), WarmupHold(warmup_ratio=0.1)])
def test_a_missing_horizon_is_an_error(policy: Policy) -> None:
    """A policy that needs the number of updates says how to give it."""
    with pytest.raises(PolicyError, match="Give max_steps or max_epochs"):
        policy.bind(None, 0.1)


def test_a_warmup_that_does_not_fit_is_an_error() -> None:
    """A warm-up longer than the training would never reach the rate, and is refused with its numbers."""
    with pytest.raises(PolicyError, match="warm-up of 500 and a hold of 0 updates do not fit into 100"):
        CosineAnnealing(warmup_steps=500).bind(100, 0.1)
    assert WarmupHold(warmup_steps=500).learning_rate(99, 100, 0.1) == pytest.approx(0.02)


def test_a_least_rate_above_the_base_is_an_error() -> None:
    """A policy that falls cannot end above where it starts."""
    with pytest.raises(PolicyError, match=r"min_lr=0\.2 is above the optimizer's learning rate 0\.1"):
        CosineAnnealing(min_lr=0.2).bind(100, 0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"name": "cosine", "warmup_steps": -1},
        {"name": "cosine", "warmup_steps": 1.5},
        {"name": "cosine", "warmup_ratio": 1.5},
        {"name": "cosine", "warmup_steps": 10, "warmup_ratio": 0.5},
        {"name": "polynomial", "power": -1},
        {"name": "cosine", "min_lr": "low"},
        {"name": "inverse_square_root", "model_size": 0},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    """An option that makes no sense is refused, and the message names the policy and the option."""
    option = [key for key in options if key != "name"][-1]
    with pytest.raises(OptimizerOptionError, match=f"{options['name']}: .*{option}"):
        resolve_policy(options)


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
