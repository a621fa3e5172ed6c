"""What the collection declares under names is there, and is what the names say."""

import importlib
from collections.abc import Callable, Mapping

import pytest

from nm_core import Callback
from nm_core import _collection as core
from nm_core.plugins import Collections
from nm_torch import _collection
from nm_torch.optim import OptimizerSpec, Policy, resolve_optimizer, resolve_policy

HOOKS: list[tuple[Callable[[], Mapping[str, str]], type]] = [
    (core.nm_callbacks, Callback),
    (_collection.nm_callbacks, Callback),
    (_collection.nm_optimizers, OptimizerSpec),
    (_collection.nm_policies, Policy),
]


@pytest.mark.parametrize(("hook", "base"), HOOKS)
def test_every_name_leads_to_its_class(hook: Callable[[], Mapping[str, str]], base: type) -> None:
    """Each target can be imported and is of the declared family."""
    for target in hook().values():
        module, _, attribute = target.partition(":")
        assert issubclass(getattr(importlib.import_module(module), attribute), base)


def test_declared_names_are_those_of_the_classes() -> None:
    """A name resolves to the same through the declaration and without it."""
    optimizers, policies = _collection.nm_optimizers(), _collection.nm_policies()
    assert all(resolve_optimizer(name, extra=optimizers) == resolve_optimizer(name) for name in optimizers)
    assert all(resolve_policy(name, extra=policies) == resolve_policy(name) for name in policies)
    assert {name: resolve_optimizer(name).to_dict()["name"] for name in optimizers} == {
        name: name for name in optimizers
    }
    assert {name: resolve_policy(name).name for name in policies} == {name: name for name in policies}


@pytest.mark.parametrize("name", sorted(core.nm_callbacks()))
def test_callbacks_keep_the_collection_that_files_name(name: str) -> None:
    """A file that says `common.progress` finds the callback, which is declared by nm-core now."""
    collections = Collections.load()

    assert collections.lookup("callbacks", f"common.{name}") is collections.lookup("callbacks", name)
    assert collections.lookup("callbacks", f"nm.{name}") is collections.lookup("callbacks", name)
