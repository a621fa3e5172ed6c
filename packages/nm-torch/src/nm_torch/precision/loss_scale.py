"""`LossScale`: dynamic loss scaling, which small gradients need in float16."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class LossScale:
    """Dynamic loss scaling (Micikevicius et al. 2018, arXiv 1710.03740).

    The scale halves when a gradient overflows and doubles after `interval` updates without overflow.

    Example:
        >>> scale = LossScale(value=1024.0, interval=2)
        >>> scale.update(finite=False)
        >>> scale.value
        512.0
        >>> scale.update(finite=True)
        >>> scale.update(finite=True)
        >>> scale.value
        1024.0

    Attributes:
        value: the factor of the losses.
        interval: updates without overflow after which the scale doubles.
        good: updates applied since the last change.
        overflows: updates skipped in a row.
        smallest: the scale is never below.
    """

    value: float = 2.0**16
    interval: int = 2000
    good: int = 0
    overflows: int = 0
    smallest: float = field(default=2.0**-14, repr=False)

    def update(self, *, finite: bool) -> None:
        """Adapt to an update that was applied, or skipped because its gradients were not finite."""
        if not finite:
            self.value = max(self.value / 2, self.smallest)
            self.good = 0
            self.overflows += 1
            return
        self.overflows = 0
        self.good += 1
        if self.good == self.interval:
            self.value *= 2
            self.good = 0

    def state(self) -> dict[str, float]:
        """Return the data of a checkpoint."""
        return {"value": self.value, "good": self.good, "overflows": self.overflows}

    def load_state(self, state: Mapping[str, float]) -> None:
        """Restore the data of `state`."""
        self.value = float(state["value"])
        self.good = int(state["good"])
        self.overflows = int(state["overflows"])
