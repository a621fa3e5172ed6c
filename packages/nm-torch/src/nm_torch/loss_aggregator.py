"""`LossAggregator`: a weighted sum of losses, which the engine takes apart again."""

from collections.abc import Sequence
from typing import Any, Unpack

from torch import Tensor

from nm_core import ModuleOptions, ParameterError, ports, variadic
from nm_torch.module import TorchModule


class LossAggregator(TorchModule):
    """Add losses, each times its weight.

    The engine optimises each loss at its own weight of tokens, frames or samples and adds them linearly; so an update
    has the gradient of the full batch for every split into micro-batches.

    Args:
        weights: a factor for each loss, in order; all 1 when not given.
    """

    input_ports = ports(losses=variadic("; Loss"))
    output_ports = ports(loss="; Loss")

    def __init__(self, *, weights: Sequence[float] | None = None, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.weights = None if weights is None else [float(weight) for weight in weights]

    def factors(self, count: int) -> list[float]:
        """Return the factor of each of `count` losses.

        Raises:
            ParameterError: there are not as many weights as losses.
        """
        factors = [1.0] * count if self.weights is None else self.weights
        if len(factors) != count:
            raise ParameterError(
                f"{self.name} has {len(factors)} weights and was given {count} losses.\n"
                "  Give one weight for each loss, in order."
            )
        return factors

    def forward(self, losses: Sequence[Any]) -> Tensor:
        """Return the weighted sum."""
        factors = self.factors(len(losses))
        total: Tensor = factors[0] * losses[0]
        for factor, loss in zip(factors[1:], losses[1:], strict=True):
            total = total + factor * loss
        return total
