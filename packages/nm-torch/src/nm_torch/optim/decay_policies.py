"""Learning-rate policies that decay after warm-up and hold: cosine, polynomial, inverse square root."""

import math
from dataclasses import dataclass
from typing import ClassVar

from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerOptionError, PolicyError
from nm_torch.optim.policies import Rate, WarmupHold

__all__ = ["CosineAnnealing", "InverseSquareRoot", "PolynomialDecay"]


@dataclass(frozen=True, kw_only=True)
class _Falling(WarmupHold):
    """A curve from the optimizer's learning rate down to ``min_lr``, which it has when the horizon is reached.

    Args:
        min_lr: the rate at the horizon and after it.
        horizon: the number of updates to fall over, where that is not the length of the training.
    """

    min_lr: float = 0.0
    horizon: int | None = None

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        options.number(self.name, "min_lr", self.min_lr)
        if self.horizon is not None:
            options.count(self.name, "horizon", self.horizon)

    def bind(self, horizon: int | None, base: float) -> Rate:
        """Return the rate, falling over the policy's own horizon if it has one."""
        return super().bind(horizon if self.horizon is None else self.horizon, base)

    def decay(self, horizon: int | None, base: float, warmup: int) -> Rate:
        """Return the curve over the updates that warm-up and hold leave."""
        if horizon is None:
            raise PolicyError(
                f"{self.name}: the number of updates to fall over is not known. "
                "Give max_steps or max_epochs to train, or horizon to the policy."
            )
        span = horizon - warmup - self.hold_steps
        if span < 0:
            raise PolicyError(
                f"{self.name}: a warm-up of {warmup} and a hold of {self.hold_steps} updates do not fit into "
                f"{horizon} updates. Train longer, use warmup_ratio, or give the policy a horizon of its own."
            )
        if self.min_lr > base:
            raise PolicyError(
                f"{self.name}: min_lr={self.min_lr:g} is above the optimizer's learning rate {base:g}. Lower it."
            )
        low, high = self.min_lr, base
        return lambda elapsed: low if elapsed >= span else low + (high - low) * self.remaining(elapsed / span)

    def remaining(self, progress: float) -> float:
        """Return the share of the fall that is left, from 1 at progress 0 to 0 at progress 1."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CosineAnnealing(_Falling):
    """Half a cosine from the optimizer's learning rate to ``min_lr`` (Loshchilov and Hutter 2017, arXiv 1608.03983).

    Example:
        >>> rate = CosineAnnealing(min_lr=0.0).bind(horizon=10, base=0.1)
        >>> [round(rate(update), 3) for update in (0, 5, 10)]
        [0.1, 0.05, 0.0]
    """

    name: ClassVar[str] = "cosine"

    def remaining(self, progress: float) -> float:
        """Return ``(1 + cos(pi * progress)) / 2``."""
        return (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True, kw_only=True)
class PolynomialDecay(_Falling):
    """``(1 - progress) ** power`` of the way from ``min_lr`` to the optimizer's learning rate; linear by default.

    Example:
        >>> rate = PolynomialDecay(power=2.0).bind(horizon=10, base=0.1)
        >>> [round(rate(update), 3) for update in (0, 5, 10)]
        [0.1, 0.025, 0.0]

    Args:
        power: 1 is linear, 2 the square policy, 0.5 the square root.
    """

    name: ClassVar[str] = "polynomial"

    power: float = 1.0

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        options.number(self.name, "power", self.power)

    def remaining(self, progress: float) -> float:
        """Return ``(1 - progress) ** power``."""
        return float((1 - progress) ** self.power)


@dataclass(frozen=True, kw_only=True)
class InverseSquareRoot(WarmupHold):
    """``base * sqrt(w / t)`` for the ``t``-th update after a warm-up of ``w`` (``w = 1`` without); needs no horizon.

    Example:
        >>> rate = InverseSquareRoot(warmup_steps=100).bind(horizon=None, base=0.1)
        >>> [round(rate(update), 3) for update in (0, 99, 399)]
        [0.001, 0.1, 0.05]

    Args:
        model_size: width of the model; with it the rate is that of Vaswani et al. 2017 (section 5.3),
            ``base * model_size ** -0.5 * min(t ** -0.5, t * w ** -1.5)``, and ``base`` a factor near 1.
    """

    name: ClassVar[str] = "inverse_square_root"

    model_size: int | None = None

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        if self.model_size is not None and options.count(self.name, "model_size", self.model_size) == 0:
            raise OptimizerOptionError(f"{self.name}: model_size is the width of the model, got 0.")

    def bind(self, horizon: int | None, base: float) -> Rate:
        """Return the rate; with ``model_size``, of a base that makes it the one of the paper."""
        if self.model_size is not None:
            base = base / math.sqrt(self.model_size * max(self._warmup(horizon), 1))
        return super().bind(horizon, base)

    def decay(self, horizon: int | None, base: float, warmup: int) -> Rate:
        """Return the curve, which goes on from the warm-up as if there had been no hold."""
        peak = max(warmup, 1)
        return lambda elapsed: base * math.sqrt(peak / (warmup + elapsed + 1))
