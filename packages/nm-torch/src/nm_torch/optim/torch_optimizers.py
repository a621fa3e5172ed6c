"""Optimizers of `torch.optim`: three by names of their own, and any class by its name."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch.optim import Optimizer

from nm_core.errors import did_you_mean
from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerOptionError
from nm_torch.optim.parameters import NamedParameters, parameter_groups
from nm_torch.optim.specs import OptimizerSpec, construct_optimizer

__all__ = ["Adam", "AdamW", "Sgd", "TorchOptimizer"]


@dataclass(frozen=True, kw_only=True)
class Sgd(OptimizerSpec):
    """Stochastic gradient descent with momentum (``torch.optim.SGD``). See `OptimizerSpec` for the other options.

    Example:
        >>> Sgd(lr=0.1, momentum=0.9).to_dict()["momentum"]
        0.9

    Args:
        momentum: how much of the previous update is kept.
        nesterov: look ahead by the momentum.
        fused: one kernel for all parameters; ``None`` takes it where the device has it.
    """

    name: ClassVar[str] = "sgd"
    make: ClassVar[Callable[..., Optimizer]] = torch.optim.SGD

    momentum: float = 0.0
    nesterov: bool = False
    fused: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Adam(OptimizerSpec):
    """Adam (Kingma and Ba 2015, ``torch.optim.Adam``); its weight decay is added to the gradient.

    Example:
        >>> optimizer = Adam(lr=3e-4, betas=(0.9, 0.98)).build(torch.nn.Linear(2, 3).named_parameters())
        >>> optimizer.param_groups[0]["betas"]
        (0.9, 0.98)

    Args:
        betas: decay rates of the two moments.
        eps: added to the root of the second moment.
        amsgrad: use the largest second moment so far.
        fused: one kernel for all parameters; ``None`` takes it where the device has it.
    """

    name: ClassVar[str] = "adam"
    make: ClassVar[Callable[..., Optimizer]] = torch.optim.Adam

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    amsgrad: bool = False
    fused: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101; ``torch.optim.AdamW``).

    Example:
        The weight decays, the bias does not:

        >>> optimizer = AdamW(lr=3e-4).build(torch.nn.Linear(2, 3).named_parameters())
        >>> [(group["param_names"], group["weight_decay"]) for group in optimizer.param_groups]
        [(['weight'], 0.01), (['bias'], 0.0)]
    """

    name: ClassVar[str] = "adamw"
    make: ClassVar[Callable[..., Optimizer]] = torch.optim.AdamW

    weight_decay: float = 0.01


@dataclass(frozen=True, kw_only=True)
class TorchOptimizer(OptimizerSpec):
    """Any class of optimizers, with the options of its constructor.

    Example:
        >>> from nm_torch.optim import resolve_optimizer
        >>> spec = TorchOptimizer(type=torch.optim.RMSprop, lr=0.1, options={"momentum": 0.9})
        >>> spec == resolve_optimizer({"name": "RMSprop", "lr": 0.1, "momentum": 0.9})
        True

    Args:
        type: the class, ``torch.optim.RMSprop`` for example.
        options: the other arguments of its constructor.
        lr: the learning rate; ``None`` takes the class's own default, and so does ``weight_decay``.

    Raises:
        OptimizerOptionError: its constructor has no such option.
    """

    type: type[Optimizer]
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    lr: float | None = None  # type: ignore[assignment]
    weight_decay: float | None = None  # type: ignore[assignment]

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the class."""
        return self.type.__name__

    def __post_init__(self) -> None:
        """Check the options against the constructor, take its defaults, and freeze them."""
        accepted = {name: item for name, item in inspect.signature(self.type).parameters.items() if name != "params"}
        for option in [*self.options, *(["weight_decay"] if self.weight_decay else [])]:
            if option not in accepted:
                raise OptimizerOptionError(
                    f'{self.name}: "{option}" is not an option.{did_you_mean(option, accepted)} '
                    f"It has {', '.join(accepted)}."
                )
        for option, fallback in (("lr", 0.001), ("weight_decay", 0.0)):
            default = accepted[option].default if option in accepted else fallback
            value = getattr(self, option)
            value = options.number(self.name, option, default if value is None else value)
            object.__setattr__(self, option, value)
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    def build(self, named: NamedParameters) -> Optimizer:
        """Make the optimizer for named parameters."""
        groups = parameter_groups(named, weight_decay=self.weight_decay or 0.0, decay_all=self.decay_all)
        # In its groups and in checkpoints, the key would look as if it had an effect.
        if "weight_decay" not in inspect.signature(self.type).parameters:
            groups = [{"params": group["params"]} for group in groups]
        return construct_optimizer(self.name, self.type, groups, self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the optimizer's class; the groups carry the weight decay."""
        return {"lr": self.lr, **self.options}

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that ``resolve_optimizer`` turns into an equal description."""
        common = {"name": self.name, "lr": self.lr, "weight_decay": self.weight_decay, "decay_all": self.decay_all}
        return {**common, **self.options}
