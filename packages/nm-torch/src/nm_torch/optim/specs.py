"""`OptimizerSpec`: an optimizer as a frozen, plain description, made before there are any parameters."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch.optim import Optimizer

from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerOptionError
from nm_torch.optim.parameters import NamedParameters, parameter_groups

__all__ = ["OptimizerSpec", "construct_optimizer"]


@dataclass(frozen=True, kw_only=True)
class OptimizerSpec:
    """The description of an optimizer; subclass it to add an optimizer of your own.

    A subclass gives `name` and `make`, the class of the optimizer, and has the options as fields. Options called `lr`,
    `weight_decay`, `eps`, `momentum` and `betas` are checked here.

    Example:
        >>> @dataclass(frozen=True, kw_only=True)
        ... class RMSprop(OptimizerSpec):
        ...     name: ClassVar[str] = "rmsprop"
        ...     make: ClassVar[Callable[..., Optimizer]] = torch.optim.RMSprop
        ...     eps: float = 1e-8
        >>> RMSprop(lr=0.1).build(torch.nn.Linear(2, 3).named_parameters()).param_groups[0]["param_names"]
        ['weight', 'bias']

    Args:
        lr: the learning rate that policies start from.
        weight_decay: how much weights shrink, in the optimizer's own sense of it.
        decay_all: also decay parameters with fewer than two dimensions (biases, scales of normalisations), which are
            left alone otherwise.

    Raises:
        OptimizerOptionError: an option is out of its range.
    """

    name: ClassVar[str]
    make: ClassVar[Callable[..., Optimizer]]

    lr: float = 0.001
    weight_decay: float = 0.0
    decay_all: bool = False

    def __post_init__(self) -> None:
        """Check the options, and bring lists from files into the form of the constructor."""
        for option in ("lr", "weight_decay", "eps", "momentum"):
            if hasattr(self, option):
                object.__setattr__(self, option, options.number(self.name, option, getattr(self, option)))
        if hasattr(self, "betas"):
            object.__setattr__(self, "betas", options.betas(self.name, self.betas))  # frozen: only this way

    def build(self, named: NamedParameters) -> Optimizer:
        """Make the optimizer for named parameters; its groups keep the names as ``param_names``.

        Raises:
            OptimizerError: there is nothing to train.
        """
        groups = parameter_groups(named, weight_decay=self.weight_decay, decay_all=self.decay_all)
        return construct_optimizer(self.name, type(self).make, groups, self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the optimizer's class."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "decay_all"}

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that ``resolve_optimizer`` turns into an equal description."""
        return options.to_plain(self.name, self)


def construct_optimizer(
    name: str, make: Callable[..., Optimizer], groups: list[Any], arguments: dict[str, Any]
) -> Optimizer:
    """Call an optimizer's class, with its fused kernel where nothing else was chosen and the device has one.

    Raises:
        OptimizerOptionError: the class refuses an option.
    """
    chosen = {option: value for option, value in arguments.items() if value is not None or option != "fused"}
    undecided = "fused" in inspect.signature(make).parameters and not {"fused", "foreach", "differentiable"} & set(
        chosen
    )
    try:
        if undecided and _has_fused_kernel(make, groups, chosen):
            chosen["fused"] = True
        return make(groups, **chosen)
    except (TypeError, ValueError) as error:
        raise OptimizerOptionError(f"{name}: {error}") from error


def _has_fused_kernel(make: Callable[..., Optimizer], groups: list[Any], chosen: dict[str, Any]) -> bool:
    """Tell whether one kernel can update parameters of these devices and types, by trying it on one number of each."""
    kinds = {(parameter.device, parameter.dtype) for group in groups for _, parameter in group["params"]}
    for device, dtype in kinds:
        probe = torch.zeros(1, device=device, dtype=dtype, requires_grad=True)
        probe.grad = torch.zeros_like(probe)
        try:
            make([probe], **chosen, fused=True).step()
        except RuntimeError:  # Only torch knows for what its kernels exist, and says so at the first step.
            return False
    return True
