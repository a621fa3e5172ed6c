"""Optimizers as frozen, plain descriptions: what a file or a program says, before there are any parameters."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch.optim import Optimizer

from nm_core.errors import did_you_mean
from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerError, OptimizerOptionError
from nm_torch.optim.novograd import NovogradOptimizer
from nm_torch.optim.parameters import NamedParameters, parameter_groups

__all__ = ["Adam", "AdamW", "FunctionOptimizer", "Novograd", "OptimizerSpec", "Sgd", "TorchOptimizer"]


@dataclass(frozen=True, kw_only=True)
class OptimizerSpec:
    """What every description of an optimizer has; subclass it to add an optimizer of your own.

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
            object.__setattr__(self, "betas", options.betas(self.name, self.betas))

    def build(self, named: NamedParameters) -> Optimizer:
        """Make the optimizer for named parameters; its groups keep the names as ``param_names``.

        Raises:
            OptimizerError: there is nothing to train.
        """
        groups = parameter_groups(named, weight_decay=self.weight_decay, decay_all=self.decay_all)
        return _construct(self.name, type(self).make, groups, self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the optimizer's class."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "decay_all"}

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that ``resolve_optimizer`` turns into an equal description."""
        return options.to_plain(self.name, self)


@dataclass(frozen=True, kw_only=True)
class Sgd(OptimizerSpec):
    """Stochastic gradient descent with momentum (``torch.optim.SGD``). See `OptimizerSpec` for the other options.

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
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, ``torch.optim.AdamW``)."""

    name: ClassVar[str] = "adamw"
    make: ClassVar[Callable[..., Optimizer]] = torch.optim.AdamW

    weight_decay: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Novograd(OptimizerSpec):
    """NovoGrad (Ginsburg et al. 2019), see `NovogradOptimizer`.

    Args:
        betas: decay rates of the momentum and of the squared norm of a layer's gradient.
        eps: added to the norm.
        grad_averaging: weigh the new term of the momentum by ``1 - beta1``.
    """

    name: ClassVar[str] = "novograd"
    make: ClassVar[Callable[..., Optimizer]] = NovogradOptimizer

    lr: float = 0.01
    betas: tuple[float, float] = (0.95, 0.98)
    eps: float = 1e-8
    grad_averaging: bool = False


@dataclass(frozen=True, kw_only=True)
class TorchOptimizer(OptimizerSpec):
    """Any other class of optimizers, with the options its constructor has.

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
        known = {name: item for name, item in inspect.signature(self.type).parameters.items() if name != "params"}
        for option in [*self.options, *(["weight_decay"] if self.weight_decay else [])]:
            if option not in known:
                raise OptimizerOptionError(
                    f'{self.name}: "{option}" is not an option.{did_you_mean(option, known)} It has {", ".join(known)}.'
                )
        for option, fallback in (("lr", 0.001), ("weight_decay", 0.0)):
            default = known[option].default if option in known else fallback
            given = getattr(self, option)
            value = options.number(self.name, option, default if given is None else given)
            object.__setattr__(self, option, value)
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    def build(self, named: NamedParameters) -> Optimizer:
        """Make the optimizer for named parameters."""
        groups = parameter_groups(named, weight_decay=self.weight_decay or 0.0, decay_all=self.decay_all)
        if "weight_decay" not in inspect.signature(self.type).parameters:
            groups = [{"params": group["params"]} for group in groups]
        return _construct(self.name, self.type, groups, self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the optimizer's class; the groups carry the weight decay."""
        return {"lr": self.lr, **self.options}

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that ``resolve_optimizer`` turns into an equal description."""
        common = {"name": self.name, "lr": self.lr, "weight_decay": self.weight_decay, "decay_all": self.decay_all}
        return {**common, **self.options}


@dataclass(frozen=True)
class FunctionOptimizer:
    """An optimizer made by a function of the caller: it trains and resumes, and cannot be written to a file.

    Args:
        function: takes the list of ``(name, parameter)`` pairs to train and returns a ``torch.optim.Optimizer``.
    """

    function: Callable[[list[Any]], Optimizer]

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        return str(getattr(self.function, "__qualname__", repr(self.function)))

    def build(self, named: NamedParameters) -> Optimizer:
        """Call the function with the parameters that want a gradient.

        Raises:
            OptimizerError: it does not return an optimizer, or one that lost the names of its parameters.
        """
        pairs = parameter_groups(named)[0]["params"]
        optimizer = self.function(pairs)
        if not isinstance(optimizer, Optimizer):
            raise OptimizerError(f"{self.name} must return a torch.optim.Optimizer, it returned {optimizer!r}.")
        names = {id(parameter): name for name, parameter in pairs}
        for group in optimizer.param_groups:
            if any(id(parameter) not in names for parameter in group["params"]):
                raise OptimizerError(f"{self.name} returned an optimizer of parameters that it was not given.")
            group["param_names"] = [names[id(parameter)] for parameter in group["params"]]
        return optimizer

    def arguments(self) -> dict[str, Any]:
        """Return no arguments: they are the function's own."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Refuse: a function is not data.

        Raises:
            OptimizerError: always.
        """
        raise OptimizerError(
            f"The optimizer {self.name} is a function and cannot be written to a file. "
            "Name one, or register it through the hook nm_optimizers."
        )


def _construct(name: str, make: Callable[..., Optimizer], groups: list[Any], arguments: dict[str, Any]) -> Optimizer:
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
