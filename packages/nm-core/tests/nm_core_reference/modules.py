"""Modules of the reference backend."""

import random
from typing import ClassVar, Unpack

from nm_core import ModuleOptions, NeuralModule, ports
from nm_core.symbols.component import Segment
from nm_core_reference.tensor import Tensor, affine


class ReferenceModule(NeuralModule):
    """A module over `Tensor`; its weights are its attributes that are tensors."""

    segment: ClassVar[Segment] = "framework"
    training: bool = True

    def weights(self) -> dict[str, Tensor]:
        """Return the weights by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def has_weights(self) -> bool:
        """Tell whether there are any."""
        return bool(self.weights())


class Linear(ReferenceModule):
    """An affine map."""

    input_ports = ports(x="B Channel:{inputs}")
    output_ports = ports(y="B Channel:{outputs}")

    def __init__(self, *, inputs: int, outputs: int, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        draws = [random.uniform(-0.5, 0.5) for _ in range(outputs * (inputs + 1))]
        self.weight = Tensor(draws[outputs:], (outputs, inputs), learns=True)
        self.bias = Tensor(draws[:outputs], (outputs,), learns=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, outputs]."""
        return affine(x, self.weight, self.bias)


class SquaredError(ReferenceModule):
    """The mean squared difference over all elements."""

    input_ports = ports(y="B Channel:c", target="B Channel:c")
    output_ports = ports(loss="; Loss")

    def forward(self, y: Tensor, target: Tensor) -> Tensor:
        """Return a tensor without axes."""
        difference = y - target
        return (difference * difference).mean()
