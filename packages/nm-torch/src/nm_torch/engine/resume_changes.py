"""Changes of a training that goes on otherwise than it would have: learning rate, policy, length."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nm_torch.optim import Policy, Schedule
from nm_torch.optim.errors import PolicyError

_SAMPLES = 64
"""Updates at which the learning rates of two lengths are compared."""


@dataclass(frozen=True)
class PlannedRate:
    """The learning rate with which a training was about to go on.

    Attributes:
        rate: of its next update.
        policy: in words.
        updates: its length, where it was known.
        exact: whether `rate` is that of the next update, and not that of the last one.
    """

    rate: float
    policy: str | None = None
    updates: int | None = None
    exact: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"rate": self.rate, "policy": self.policy, "updates": self.updates}

    @classmethod
    def of_checkpoint(cls, extra: Mapping[str, Any], groups: Iterable[Mapping[str, Any]]) -> "PlannedRate | None":
        """Read it from a checkpoint; those of 0.1 have the rate of the last update only."""
        planned = extra.get("planned_rate")
        if planned is not None:
            return cls(planned["rate"], planned["policy"], planned["updates"])
        rate = next((group["lr"] for group in groups if isinstance(group.get("lr"), float)), None)
        return None if rate is None else cls(rate, exact=False)


def rate_notes(planned: PlannedRate, policy: Policy, schedule: Schedule, step: int, updates: int | None) -> list[str]:
    """Return a note on a learning rate that goes on otherwise than it would have, with both values and the reason.

    Args:
        step: updates applied so far.
        updates: the length of the training now, where it is known.
    """
    now = schedule.rate(step)
    # The last rate of an old checkpoint is not that of the next update: only a jump is told.
    same = now == planned.rate if planned.exact else now <= 1.5 * planned.rate and planned.rate <= 1.5 * now
    reasons = []
    if planned.policy is not None and planned.policy != repr(policy):
        reasons.append(f"the policy was {planned.policy} and is {policy!r}")
    if planned.exact and planned.updates != updates:
        reasons.append(f"the length was {_count(planned.updates)} and is {_count(updates)}")
    because = f": {', '.join(reasons)}" if reasons else ""
    if not same:
        return [
            f"The learning rate jumps from {planned.rate:.3g} to {now:.3g} at update {step + 1}{because}. To go on as"
            " before, give the policy and the length that it had, or the policy a horizon of its own."
        ]
    if planned.policy is not None and (
        planned.policy != repr(policy) or _differ(policy, schedule, step, planned.updates, updates)
    ):
        return [f"The learning rate goes on otherwise than it would have{because}."]
    return []


def _differ(policy: Policy, schedule: Schedule, step: int, before: int | None, now: int | None) -> bool:
    """Tell whether a policy gives other rates to a training of another length."""
    end = before or now or step
    if before == now or end <= step:
        return False
    try:
        former = policy.bind(before, schedule.base)
    except PolicyError:
        return True
    return any(former(update) != schedule.rate(update) for update in range(step, end, (end - step) // _SAMPLES + 1))


def _count(updates: int | None) -> str:
    return "open" if updates is None else f"{updates} updates"
