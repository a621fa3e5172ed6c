"""Optimizers and policies by name: from the string, mapping or object that a user gives to a description."""

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch.optim import Optimizer

from nm_core.errors import did_you_mean
from nm_torch._collection import nm_optimizers, nm_policies
from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerError, OptimizerOptionError, UnknownOptimizerError
from nm_torch.optim.function_optimizer import FunctionOptimizer
from nm_torch.optim.policies import Constant, Policy
from nm_torch.optim.specs import OptimizerSpec
from nm_torch.optim.torch_optimizers import TorchOptimizer

__all__ = ["optimizer_names", "policy_names", "resolve_optimizer", "resolve_policy"]

# The declaration of the collection is the one list of names; what they stand for is imported when asked for.
_OPTIMIZERS: Mapping[str, str] = MappingProxyType(nm_optimizers())
_POLICIES: Mapping[str, str] = MappingProxyType(nm_policies())
_NEEDS_CLOSURE = ("LBFGS",)


def optimizer_names(extra: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return every name an optimizer can be asked for by: ours, those of ``extra``, the classes of ``torch.optim``."""
    classes = (name for name, value in vars(torch.optim).items() if _is_optimizer_class(value))
    return (*_OPTIMIZERS, *(extra or {}), *sorted(classes))


def policy_names(extra: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return every name a learning-rate policy can be asked for by."""
    return (*_POLICIES, *(extra or {}))


def resolve_optimizer(spec: object, *, extra: Mapping[str, object] | None = None) -> OptimizerSpec | FunctionOptimizer:
    """Return the description of an optimizer.

    Args:
        spec: a name (``"novograd"``, ``"RMSprop"``), a mapping with the name and options
            (``{"name": "novograd", "lr": 0.02}``), a description (``Novograd(lr=0.02)``), a class of optimizers, or a
            function from named parameters to an optimizer.
        extra: optimizers of collections: names to descriptions, classes, functions, or where they are
            (``"package.module:Object"``).

    Raises:
        UnknownOptimizerError: there is none of this name; the message has the nearest one.
        OptimizerOptionError: an option is unknown or out of its range.
        OptimizerError: this optimizer cannot be used in training.
    """
    if isinstance(spec, OptimizerSpec | FunctionOptimizer):
        return spec
    if isinstance(spec, Optimizer):
        raise OptimizerError(
            f"An optimizer is given as a description, since the parameters are those of the graph; got a ready "
            f'{type(spec).__name__}. Give its name, such as "adamw", or a function: '
            f"optimizer=lambda parameters: torch.optim.{type(spec).__name__}(parameters, lr=0.01)."
        )
    if isinstance(spec, str | Mapping):
        name, settings = _name_and_options(spec, "optimizer")
        return _describe(_find_optimizer(name, extra or {}), name, settings)
    if callable(spec):
        return _describe(spec, getattr(spec, "__qualname__", "optimizer"), {})
    raise OptimizerOptionError(
        f"An optimizer is a name, a mapping with a name, a description or a function; got {spec!r}."
    )


def resolve_policy(spec: object, *, extra: Mapping[str, object] | None = None) -> Policy:
    """Return a learning-rate policy from a name, a mapping with the name and options, or a policy.

    ``None`` stands for the constant policy.

    Raises:
        UnknownOptimizerError: there is none of this name; the message has the nearest one.
        OptimizerOptionError: an option is unknown or out of its range.
    """
    if spec is None:
        return Constant()
    if isinstance(spec, Policy):
        return spec
    if not isinstance(spec, str | Mapping):
        raise OptimizerOptionError(f"A policy is a name, a mapping with a name or a policy; got {spec!r}.")
    name, settings = _name_and_options(spec, "policy")
    policies = {**(extra or {}), **_POLICIES}
    if name not in policies:
        raise _unknown("learning-rate policy", name, policy_names(extra))
    kind = _import_target(policies[name])
    if isinstance(kind, Policy) and not settings:
        return kind
    if not isinstance(kind, type) or not issubclass(kind, Policy):
        raise OptimizerError(f'The policy "{name}" is not a subclass of nm_torch.optim.Policy but {kind!r}.')
    policy: Policy = options.construct(kind, name, settings)
    return policy


def _name_and_options(spec: str | Mapping[str, object], role: str) -> tuple[str, dict[str, object]]:
    if isinstance(spec, str):
        return spec, {}
    settings = dict(spec)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise OptimizerOptionError(f'The {role} needs a name: {{"name": ..., "lr": ...}}; got {dict(spec)!r}.')
    return name, settings


def _find_optimizer(name: str, extra: Mapping[str, object]) -> object:
    # ours and those of torch first: what is installed besides never changes what a name means
    # In small letters, so that "AdamW" means ours, with its groups for decay, and not the class of torch.
    if name.lower() in _OPTIMIZERS:
        return _import_target(_OPTIMIZERS[name.lower()])
    kind = getattr(torch.optim, name, None)
    if not _is_optimizer_class(kind) and name in extra:
        return _import_target(extra[name])
    if not _is_optimizer_class(kind):
        raise _unknown("optimizer", name, optimizer_names(extra))
    return kind


def _describe(kind: object, name: str, settings: dict[str, object]) -> OptimizerSpec | FunctionOptimizer:
    if isinstance(kind, type) and issubclass(kind, OptimizerSpec):
        spec: OptimizerSpec = options.construct(kind, name, settings)
        return spec
    if isinstance(kind, type) and issubclass(kind, Optimizer) and kind is not Optimizer:
        return _describe_class(kind, settings)
    if settings:
        raise OptimizerOptionError(f'The optimizer "{name}" takes no options; got {", ".join(settings)}.')
    if isinstance(kind, OptimizerSpec | FunctionOptimizer):
        return kind
    if callable(kind) and not isinstance(kind, type):
        return FunctionOptimizer(kind)
    raise OptimizerError(
        f'The optimizer "{name}" is neither a description, a class of optimizers nor a function but {kind!r}.'
    )


def _describe_class(kind: type[Optimizer], settings: dict[str, Any]) -> TorchOptimizer:
    if kind.__name__ in _NEEDS_CLOSURE:
        raise OptimizerError(
            f"{kind.__name__} evaluates the loss several times per update, and the engine takes one gradient per "
            f"update. Use another optimizer, such as adamw."
        )
    common = {key: settings.pop(key) for key in ("lr", "weight_decay", "decay_all") if key in settings}
    return TorchOptimizer(type=kind, options=settings, **common)


def _import_target(target: object) -> object:
    """Return the object at `package.module:Object`; anything but a string is the object itself."""
    if not isinstance(target, str):
        return target
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _is_optimizer_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer


def _unknown(role: str, name: str, names: tuple[str, ...]) -> UnknownOptimizerError:
    return UnknownOptimizerError(
        f'There is no {role} "{name}".{did_you_mean(name, names)} Known are {", ".join(names)}.'
    )
