"""The runtime: what is resolved from a factory's settings, and when."""

from typing import Any

import pytest
import torch

from nm_core.actions.requests import Settings
from nm_core.plugins.errors import ConflictError
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import PrecisionError, StrategyError
from nm_torch.optim import Adam, Constant, Novograd, resolve_optimizer, resolve_policy


class Installed:
    """The collections of a factory as far as the runtime asks: names and where their plugins are."""

    def __init__(self, **targets: dict[str, str]) -> None:
        self.targets = targets

    def owners(self, group: str, name: str) -> Any:
        """Return who offers a name."""
        return ("mine",) if name in self.targets.get(group, {}) else ()

    def target(self, group: str, name: str) -> str:
        """Return where a plugin is."""
        if name in ("disputed", "Adagrad"):
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


def test_a_plugin_of_an_official_name_changes_nothing() -> None:
    """Names of the engine and of `torch.optim` keep their meaning, whatever is installed besides."""
    theirs = "nm_torch.optim:Novograd"
    collections = Installed(
        optimizers=dict.fromkeys(("adam", "AdamW", "RMSprop", "mine.adam"), theirs),
        policies={"cosine": "nm_torch.optim:Constant"},
        strategies={"single": "nowhere:Strategy"},
    )
    with_plugins = runtime(collections=collections, strategy="single")

    for name in ("adam", "AdamW", "RMSprop"):
        assert with_plugins.resolve_optimizer(name) == resolve_optimizer(name)
    assert with_plugins.resolve_policy("cosine") == resolve_policy("cosine")
    assert with_plugins.strategy.name == "single"
    assert with_plugins.resolve_optimizer("mine.adam") == Novograd()


def test_a_name_that_two_collections_offer_is_refused() -> None:
    """Which of two is meant is never guessed."""
    disputed = runtime(collections=Installed(optimizers={"disputed": "", "Adagrad": ""}, policies={"disputed": ""}))

    with pytest.raises(ConflictError):
        disputed.resolve_optimizer("disputed")
    with pytest.raises(ConflictError):
        disputed.resolve_policy("disputed")
    assert disputed.resolve_optimizer("Adagrad") == resolve_optimizer("Adagrad")
