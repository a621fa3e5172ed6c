"""Layers whose output has the axes of their input, whatever these are; so names of tensors carry none."""

from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveFloat, PositiveInt, ProbabilityBelowOne
from nm_core.errors import did_you_mean
from nm_core.symbols.ports import PortSpec, ports
from nm_torch.common.errors import OptionError
from nm_torch.common.templates import SUM_OF_KIND, with_kind
from nm_torch.module import TorchModule

FUNCTIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}
"""Activations by name, with the default constants of torch."""


def make_function(name: str) -> nn.Module:
    """Make an activation by its name.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in FUNCTIONS:
        raise OptionError(
            f'function must be one of {", ".join(FUNCTIONS)}; given was "{name}".{did_you_mean(name, FUNCTIONS)}'
        )
    return FUNCTIONS[name]()


class Activation(TorchModule):
    """An activation: one function of every entry.

    The output has the axes of the input and holds features: what was made of logits is no logits any more.

    Args:
        function: "relu", "gelu", "silu", "elu", "leaky_relu", "tanh", "sigmoid" or "softplus".

    Example:
        >>> import torch
        >>> Activation(function="relu")(x=torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    input_ports = ports(x="*s")
    output_ports = ports(y="*s ; Features")

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that there is such a function."""
        make_function(params["function"])

    def __init__(self, *, function: str = "relu", **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.function = make_function(function)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.function(x)


class LayerNorm(TorchModule):
    """Normalise each position to mean 0 and variance 1 over its channels, then scale and shift by trained vectors.

    Ba et al. 2016, arXiv 1607.06450. The channels are the last axis: a tensor with another axis there is refused while
    the graph is built.

    Args:
        size: channels.
        epsilon: added to the variance.

    Example:
        >>> import torch
        >>> LayerNorm(size=2)(x=torch.tensor([[1.0, 3.0]])).round(decimals=3)
        tensor([[-1.,  1.]], grad_fn=<RoundBackward1>)
    """

    input_ports = ports(x="*s 'A<=Channel:{size}")
    output_ports = ports(y="*s 'A:{size} ; Features")

    def __init__(self, *, size: PositiveInt, epsilon: PositiveFloat = 1e-5, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.norm = nn.LayerNorm(size, eps=epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.norm(x)


class Dropout(TorchModule):
    """Set entries to zero with a probability in training, and scale the others so that the mean stays.

    Args:
        probability: at least 0 and below 1.
        kind: the kind of the values that come in and go out, such as "Logits"; where not given, what goes out is of the
            kind of what comes in, or features where multiples are not of that kind, as those of probabilities.

    Example:
        >>> import torch
        >>> Dropout(probability=0.5).eval()(x=torch.ones(3))
        tensor([1., 1., 1.])
    """

    input_ports = ports(x="*s ; 'K")
    output_ports = ports(y="*s ; sum('K)")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind of the parameter."""
        kind = params["kind"]
        return ports(x=with_kind("*s", kind)), ports(y=with_kind("*s", kind, SUM_OF_KIND))

    def __init__(
        self, *, probability: ProbabilityBelowOne, kind: str | None = None, **options: Unpack[ModuleOptions]
    ) -> None:
        super().__init__(**options)
        self.dropout = nn.Dropout(probability)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.dropout(x)
