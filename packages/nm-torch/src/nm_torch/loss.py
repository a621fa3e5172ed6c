"""Losses as a sum and a weight, so that any split of a batch has the gradient of the whole, and sums of losses."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from nm_core import ModuleOptions, ParameterError, ports, variadic
from nm_torch.module import TorchModule
from nm_torch.placement import widen


class LossModule(TorchModule):
    """A loss that is a total over a weight.

    A subclass declares `input_ports` and one output of type `"; Loss"`, and implements `total(**inputs)`, a sum over
    samples, and `weight(**some of the inputs)`, the number of tokens, frames or samples that the sum counts. The
    inputs of `weight` come from data layers, so that the engine knows the weight of a whole update before it computes.

    Example:
        >>> from nm_torch import LossModule, ports
        >>> class SquaredError(LossModule):
        ...     input_ports = ports(x="B Channel:c", y="B Channel:c")
        ...     output_ports = ports(loss="; Loss")
        ...
        ...     def total(self, x, y):
        ...         return (x - y).square().sum()
        ...
        ...     def weight(self, y):
        ...         return y.numel()
        >>> SquaredError()(x=torch.ones(2, 3), y=torch.zeros(2, 3))
        tensor(1.)
    """

    _weight_inputs: ClassVar[tuple[str, ...]] = ()
    _port_methods: ClassVar[tuple[str, ...]] = ("forward", "total")
    _partial_port_methods: ClassVar[tuple[str, ...]] = ("weight",)

    @property
    def left_out(self) -> int:
        """The number of samples so far that could add nothing to the total, though they count in the weight."""
        return 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._weight_inputs = tuple(inspect.signature(cls.weight).parameters)[1:]

    def total(self, *args: Any, **inputs: Any) -> Tensor:
        """Sum the loss over the batch: a scalar, in float32 or wider."""
        raise NotImplementedError(f"{type(self).__qualname__} does not implement total.")

    def weight(self, *args: Any, **inputs: Any) -> Tensor | float:
        """Return the number of tokens, frames or samples in the total, as a number or a scalar tensor."""
        raise NotImplementedError(f"{type(self).__qualname__} does not implement weight.")

    def summed(self, **inputs: Any) -> Tensor:
        """Compute the total in float32 or wider, also inside an autocast."""
        # a half-precision sum over a batch overflows and loses small terms
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                with torch.autocast(device, enabled=False):
                    return self.summed(**{name: widen(value) for name, value in inputs.items()})
        return self.total(**inputs)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """Divide the total by the weight; 0 where the weight is 0."""
        values = dict(zip(self.inputs.names[: len(args)], args, strict=False)) | kwargs
        total = self.summed(**values)
        weight = self.weight(**{name: values[name] for name in self._weight_inputs if name in values})
        weight = torch.as_tensor(weight, dtype=total.dtype, device=total.device)
        # both branches of where are differentiated: the clamp keeps the gradient finite where the weight is 0
        return torch.where(weight > 0, total / weight.clamp_min(torch.finfo(total.dtype).tiny), total * 0)


class LossAggregator(TorchModule):
    """Add losses, each times its weight.

    The engine optimises each loss at its own weight of tokens, frames or samples and adds them linearly; so an update
    has the gradient of the full batch for every split into micro-batches.

    Example:
        >>> LossAggregator(weights=[1.0, 0.5])([torch.tensor(2.0), torch.tensor(4.0)])
        tensor(4.)

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


def weight_inputs(cls: type[LossModule]) -> tuple[str, ...]:
    """Return the names of the inputs that a loss's `weight` takes."""
    return cls._weight_inputs
