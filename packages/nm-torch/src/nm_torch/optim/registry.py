"""Optimizers and policies by name: what a string, a mapping or an object given by a user stands for."""

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
from nm_torch.optim.policies import Constant, Policy
from nm_torch.optim.specs import FunctionOptimizer, OptimizerSpec, TorchOptimizer

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


def resolve_optimizer(given: object, *, extra: Mapping[str, object] | None = None) -> OptimizerSpec | FunctionOptimizer:
    """Return the description of the optimizer that a user gave.

    Args:
        given: a name (``"novograd"``, ``"RMSprop"``), a mapping with the name and options
            (``{"name": "novograd", "lr": 0.02}``), a description (``Novograd(lr=0.02)``), a class of optimizers, or a
            function from named parameters to an optimizer.
        extra: optimizers of collections: names to descriptions, classes, functions, or where they are
            (``"package.module:Object"``).

    Raises:
        UnknownOptimizerError: there is none of this name; the message has the nearest one.
        OptimizerOptionError: an option is unknown or out of its range.
        OptimizerError: this optimizer cannot be used in training.
    """
    if isinstance(given, OptimizerSpec | FunctionOptimizer):
        return given
    if isinstance(given, Optimizer):
        raise OptimizerError(
            f"An optimizer is given as a description, since the parameters are those of the graph; got a ready "
            f'{type(given).__name__}. Give its name, such as "adamw", or a function: '
            f"optimizer=lambda parameters: torch.optim.{type(given).__name__}(parameters, lr=0.01)."
        )
    if isinstance(given, str | Mapping):
        name, settings = _name_and_options(given, "optimizer")
        return _describe(_find_optimizer(name, extra or {}), name, settings)
    if callable(given):
        return _describe(given, getattr(given, "__qualname__", "optimizer"), {})
    raise OptimizerOptionError(
        f"An optimizer is a name, a mapping with a name, a description or a function; got {given!r}."
    )


def resolve_policy(given: object, *, extra: Mapping[str, object] | None = None) -> Policy:
    """Return the learning-rate policy that a user gave: a name, a mapping with the name and options, or a policy.

    ``None`` stands for the constant policy.

    Raises:
        UnknownOptimizerError: there is none of this name; the message has the nearest one.
        OptimizerOptionError: an option is unknown or out of its range.
    """
    if given is None:
        return Constant()
    if isinstance(given, Policy):
        return given
    if not isinstance(given, str | Mapping):
        raise OptimizerOptionError(f"A policy is a name, a mapping with a name or a policy; got {given!r}.")
    name, settings = _name_and_options(given, "policy")
    known = {**_POLICIES, **(extra or {})}
    if name not in known:
        raise _unknown("learning-rate policy", name, policy_names(extra))
    found = _imported(known[name])
    if isinstance(found, Policy) and not settings:
        return found
    if not isinstance(found, type) or not issubclass(found, Policy):
        raise OptimizerError(f'The policy "{name}" is not a subclass of nm_torch.optim.Policy but {found!r}.')
    policy: Policy = options.construct(found, name, settings)
    return policy


def _name_and_options(given: str | Mapping[str, object], what: str) -> tuple[str, dict[str, object]]:
    if isinstance(given, str):
        return given, {}
    settings = dict(given)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise OptimizerOptionError(f'The {what} needs a name: {{"name": ..., "lr": ...}}; got {dict(given)!r}.')
    return name, settings


def _find_optimizer(name: str, extra: Mapping[str, object]) -> object:
    if name in extra:
        return _imported(extra[name])
    if name.lower() in _OPTIMIZERS:
        return _imported(_OPTIMIZERS[name.lower()])
    found = getattr(torch.optim, name, None)
    if not _is_optimizer_class(found):
        raise _unknown("optimizer", name, optimizer_names(extra))
    return found


def _describe(found: object, name: str, settings: dict[str, object]) -> OptimizerSpec | FunctionOptimizer:
    if isinstance(found, type) and issubclass(found, OptimizerSpec):
        spec: OptimizerSpec = options.construct(found, name, settings)
        return spec
    if isinstance(found, type) and issubclass(found, Optimizer):
        return _describe_class(found, settings)
    if settings:
        raise OptimizerOptionError(f'The optimizer "{name}" takes no options; got {", ".join(settings)}.')
    if isinstance(found, OptimizerSpec | FunctionOptimizer):
        return found
    if callable(found):
        return FunctionOptimizer(found)
    raise OptimizerError(f'The optimizer "{name}" is neither a description, a class nor a function but {found!r}.')


def _describe_class(kind: type[Optimizer], settings: dict[str, Any]) -> TorchOptimizer:
    if kind.__name__ in _NEEDS_CLOSURE:
        raise OptimizerError(
            f"{kind.__name__} evaluates the loss several times per update, and the engine takes one gradient per "
            f"update. Use another optimizer, such as adamw."
        )
    common = {key: settings.pop(key) for key in ("lr", "weight_decay", "decay_all") if key in settings}
    return TorchOptimizer(type=kind, options=settings, **common)


def _imported(found: object) -> object:
    if not isinstance(found, str):
        return found
    module, _, attribute = found.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _is_optimizer_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer


def _unknown(what: str, name: str, names: tuple[str, ...]) -> UnknownOptimizerError:
    return UnknownOptimizerError(
        f'There is no {what} "{name}".{did_you_mean(name, names)} Known are {", ".join(names)}.'
    )
