"""The runtime: what is resolved from a factory's settings, and when."""

from typing import Any

import pytest
import torch

from nm_core.actions.requests import Settings
from nm_core.plugins.errors import ConflictError
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import PrecisionError, StrategyError
from nm_torch.optim import Adam, Constant, Novograd


class Installed:
    """The collections of a factory as far as the runtime asks: names and where their plugins are."""

    def __init__(self, **targets: dict[str, str]) -> None:
        self.targets = targets

    def names(self, group: str) -> Any:
        """Return the names of a group."""
        return self.targets.get(group, {})

    def target(self, group: str, name: str) -> str:
        """Return where a plugin is."""
        if name == "disputed":
            raise ConflictError("Two collections offer it.")
        return self.targets[group][name]


def runtime(**settings: Any) -> Runtime:
    """Return a runtime on the CPU."""
    return Runtime(Settings(placement="cpu", **settings))


def test_precision_is_resolved_at_once_and_the_strategy_when_it_is_used() -> None:
    """A precision that cannot be is an error of the factory; processes are joined only for an action."""
    with pytest.raises(PrecisionError):
        runtime(precision="fp8")

    late = runtime(strategy="dpp")

    assert late.precision.device == torch.device("cpu")
    with pytest.raises(StrategyError, match='Did you mean "ddp"'):
        late.strategy  # noqa: B018


def test_the_strategy_is_one_object() -> None:
    """All actions of a factory share a strategy, as they share its process group."""
    shared = runtime()

    assert shared.strategy is shared.strategy


def test_plugins_of_collections_are_resolved_by_name() -> None:
    """An optimizer that a collection declares is taken by its name, with options too."""
    collections = Installed(
        optimizers={"mine": "nm_torch.optim:Novograd"}, policies={"flat": "nm_torch.optim:Constant"}
    )
    with_plugins = runtime(collections=collections)

    assert with_plugins.resolve_optimizer({"name": "mine", "lr": 0.5}) == Novograd(lr=0.5)
    assert with_plugins.resolve_policy("flat") == Constant()
    assert with_plugins.resolve_optimizer("adam") == Adam()
    assert with_plugins.resolve_policy(None) == Constant()


def test_a_name_that_two_collections_offer_is_refused() -> None:
    """Which of two is meant is never guessed."""
    disputed = runtime(collections=Installed(optimizers={"disputed": ""}))

    with pytest.raises(ConflictError):
        disputed.resolve_optimizer("disputed")
