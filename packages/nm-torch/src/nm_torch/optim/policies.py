"""Learning-rate policies: pure functions of the number of updates applied so far.

``update`` counts the updates applied before this one, so the first update has ``update=0``; an update that was skipped
(non-finite gradients in fp16) does not count. ``horizon`` is the number of updates of the whole training, ``base`` the
optimizer's learning rate.

With a warm-up of ``w`` updates the rate is ``base * (update + 1) / w`` for the first ``w`` updates, so that the last
of them has the whole rate; then ``base`` for ``hold_steps`` updates, then the policy's own curve, which starts at
``base``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch.optim import Optimizer

from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerOptionError, PolicyError

__all__ = ["Constant", "Policy", "Rate", "Schedule", "WarmupHold"]

Rate = Callable[[int], float]
"""From the number of updates applied so far to the learning rate of the next one."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A learning-rate policy; subclass it and implement `bind` to add one of your own.

    Example:
        >>> @dataclass(frozen=True, kw_only=True)
        ... class Halving(Policy):
        ...     name: ClassVar[str] = "halving"
        ...     every: int = 1000
        ...     def bind(self, horizon: int | None, base: float) -> Rate:
        ...         return lambda update: base * 0.5 ** (update // self.every)
        >>> Halving(every=10).learning_rate(25, horizon=None, base=0.1)
        0.025
    """

    name: ClassVar[str]

    def bind(self, horizon: int | None, base: float) -> Rate:
        """Return the rate as a function of the update alone, having checked ``horizon`` and ``base`` once.

        Raises:
            PolicyError: the policy needs a horizon and has none, or does not fit into it.
        """
        raise NotImplementedError

    def learning_rate(self, update: int, horizon: int | None, base: float) -> float:
        """Return the learning rate of the update that follows ``update`` applied ones."""
        return self.bind(horizon, base)(update)

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that ``resolve_policy`` turns into an equal policy."""
        return options.to_plain(self.name, self)


@dataclass(frozen=True, kw_only=True)
class Constant(Policy):
    """The optimizer's learning rate throughout.

    Example:
        >>> Constant().learning_rate(1000, horizon=None, base=0.1)
        0.1
    """

    name: ClassVar[str] = "constant"

    def bind(self, horizon: int | None, base: float) -> Rate:
        """Return ``base`` for every update."""
        return lambda update: base


@dataclass(frozen=True, kw_only=True)
class WarmupHold(Policy):
    """A linear warm-up, then the optimizer's learning rate to the end; the base of the policies that then decay.

    Example:
        >>> rate = WarmupHold(warmup_steps=4).bind(horizon=None, base=0.1)
        >>> [rate(update) for update in range(6)]
        [0.025, 0.05, 0.075..., 0.1, 0.1, 0.1]

    Args:
        warmup_steps: updates until the whole rate is reached.
        warmup_ratio: the same as a share of the horizon, rounded; give one of the two.
        hold_steps: updates at the whole rate before it decays.

    Raises:
        OptimizerOptionError: an option is out of its range, or both forms of the warm-up are given.
    """

    name: ClassVar[str] = "warmup_hold"

    warmup_steps: int = 0
    warmup_ratio: float | None = None
    hold_steps: int = 0

    def __post_init__(self) -> None:
        """Check the options."""
        options.count(self.name, "warmup_steps", self.warmup_steps)
        options.count(self.name, "hold_steps", self.hold_steps)
        if self.warmup_ratio is not None:
            options.number(self.name, "warmup_ratio", self.warmup_ratio, high=1.0)
            if self.warmup_steps:
                raise OptimizerOptionError(
                    f"{self.name}: give warmup_steps or warmup_ratio, not both; "
                    f"got {self.warmup_steps} and {self.warmup_ratio}."
                )

    def bind(self, horizon: int | None, base: float) -> Rate:
        """Return the warm-up, the hold and the policy's own curve as one function."""
        warmup = self._warmup(horizon)
        start = warmup + self.hold_steps
        decay = self.decay(horizon, base, warmup)

        def rate(update: int) -> float:
            if update < warmup:  # update + 1: a first rate of 0 would waste an update
                return base * (update + 1) / warmup
            return base if update < start else decay(update - start)

        return rate

    def decay(self, horizon: int | None, base: float, warmup: int) -> Rate:
        """Return the rate as a function of the updates since warm-up and hold ended; here it does not decay."""
        return lambda elapsed: base

    def _warmup(self, horizon: int | None) -> int:
        if self.warmup_ratio is None:
            return self.warmup_steps
        if horizon is None:
            raise PolicyError(
                f"{self.name}: warmup_ratio is a share of the number of updates, which is not known here. "
                "Give max_steps or max_epochs to train, or warmup_steps to the policy."
            )
        return round(self.warmup_ratio * horizon)


class Schedule:
    """Sets the learning rates of an optimizer's groups to what a policy says.

    Each group starts from the rate it was made with, kept as its ``initial_lr``; so a schedule made again for the same
    optimizer (another horizon, a resumed training) starts from the same rates.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        >>> schedule = Schedule(optimizer, WarmupHold(warmup_steps=2))
        >>> schedule.apply(0), optimizer.param_groups[0]["lr"]
        (0.25, 0.25)

    Args:
        optimizer: its groups' rates are Python numbers.
        policy: the rate as a function of applied updates.
        horizon: number of updates of the whole training, where it is known.

    Raises:
        PolicyError: the policy needs a horizon and has none, or does not fit into it.
    """

    def __init__(self, optimizer: Optimizer, policy: Policy, horizon: int | None = None) -> None:
        self._groups = optimizer.param_groups
        for group in self._groups:
            # The key of torch's own schedulers: state that either of them saved is understood by the other.
            group.setdefault("initial_lr", group["lr"])
        self.base = float(self._groups[0]["initial_lr"])
        self._rates = [policy.bind(horizon, group["initial_lr"]) for group in self._groups]

    def rate(self, update: int) -> float:
        """Return the learning rate of the first group for the update after ``update`` applied ones."""
        return self._rates[0](update)

    def apply(self, update: int) -> float:
        """Set every group's learning rate for the update after ``update`` applied ones; return that of the first."""
        for group, rate in zip(self._groups, self._rates, strict=True):
            group["lr"] = rate(update)
        return float(self._groups[0]["lr"])
