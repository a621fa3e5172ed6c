"""A policy at work on an optimizer: sets the learning rate of every group before each update."""

from torch.optim import Optimizer

from nm_torch.optim.policies import Policy

__all__ = ["Schedule"]


class Schedule:
    """Sets the learning rates of an optimizer's groups to what a policy says.

    Each group starts from the rate it was made with, kept as its ``initial_lr``; so a schedule made again for the same
    optimizer (another horizon, a resumed training) starts from the same rates.

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
            group.setdefault("initial_lr", group["lr"])
        self._rates = [policy.bind(horizon, group["initial_lr"]) for group in self._groups]

    def apply(self, update: int) -> float:
        """Set every group's learning rate for the update after ``update`` applied ones; return that of the first."""
        for group, rate in zip(self._groups, self._rates, strict=True):
            group["lr"] = rate(update)
        return float(self._groups[0]["lr"])
