"""Ways of spreading a run over processes."""

import importlib
import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import torch

from nm_core.errors import did_you_mean
from nm_torch._collection import nm_strategies
from nm_torch.errors import StrategyError
from nm_torch.strategies.base import Strategy

__all__ = ["STRATEGIES", "Strategy", "check_strategy", "local_rank", "resolve_strategy"]

STRATEGIES: Mapping[str, str] = MappingProxyType(nm_strategies())
"""The strategies of the engine by name, imported when they are used."""


def local_rank() -> int:
    """Return the number of this process on its machine, as torchrun says it."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def resolve_strategy(name: str, device: torch.device, extra: Mapping[str, str] | None = None) -> Strategy:
    """Return a strategy by name; "auto" is ddp where there are several processes, and single elsewhere.

    Args:
        name: "auto", "single", "ddp" or one of `extra`.
        device: where this process computes.
        extra: strategies of plugins: names to `package.module:Class`.

    Raises:
        StrategyError: the name is unknown, or the strategy cannot start here.
    """
    targets = {**(extra or {}), **STRATEGIES}
    if name == "auto":
        name = "ddp" if _several_processes() else "single"
    check_strategy(name, targets)
    module, _, attribute = targets[name].partition(":")
    strategy: Strategy = getattr(importlib.import_module(module), attribute)(device)
    return strategy


def check_strategy(name: str, extra: Iterable[str] = ()) -> None:
    """Refuse a strategy that nobody offers.

    Raises:
        StrategyError: the name is unknown.
    """
    names = dict.fromkeys(["auto", *STRATEGIES, *extra])
    if name not in names:
        hint = did_you_mean(name, names)
        raise StrategyError(f'There is no strategy "{name}".{hint} Known are {", ".join(names)}.')


def _several_processes() -> bool:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_world_size() > 1
    return int(os.environ.get("WORLD_SIZE", "1")) > 1
