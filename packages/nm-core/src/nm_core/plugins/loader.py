"""Load declarations: one guarded step after the other, so that one collection cannot take down another."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType

import pluggy

from nm_core.errors import did_you_mean
from nm_core.plugins import hooks
from nm_core.plugins.declarations import Collection, check_target
from nm_core.plugins.errors import DeclarationError
from nm_core.plugins.guard import run_guarded
from nm_core.plugins.messages import way_out
from nm_core.plugins.records import Candidate, Record, State, Step


@dataclass(frozen=True, slots=True)
class LoadedCollection:
    """A collection whose declaration is well formed, and the names it offers per kind of name."""

    collection: Collection
    distribution: str | None
    offers: Mapping[str, Mapping[str, str]]


class OneCollection(pluggy.PluginManager):
    """The plugin manager of one collection.

    One each, since a manager compares, hashes and wraps its plugins with each other: with a shared one, a plugin with
    a strange ``__eq__`` or a hook wrapper would reach into the rest.
    """

    def __init__(self, plugin: object, name: str) -> None:
        super().__init__(hooks.PROJECT)
        self.add_hookspecs(hooks)
        self.register(plugin, name=name)
        names = [hooks.REQUIRED, *hooks.NAMES.values()]
        # pluggy accepts a function of any name; a misspelt hook would never be called, in silence
        for hook, caller in vars(self.hook).items():
            if isinstance(caller, pluggy.HookCaller) and not caller.has_spec():
                raise DeclarationError(f'there is no hook "{hook}".{did_you_mean(hook, names)}')

    def declare(self, name: str, distribution: str | None) -> LoadedCollection:
        """Call every hook and check what it returns."""
        collection = self._call(hooks.REQUIRED)
        if not isinstance(collection, Collection):
            result = "nothing" if collection is None else repr(collection)
            raise DeclarationError(f"nm_collection must return a Collection, got {result}.")
        if collection.name != name:
            raise DeclarationError(
                f"the collection calls itself {collection.name!r} and its entry point is {name!r}; "
                "the two names must be equal."
            )
        offers = {kind: _check_names(hook, self._call(hook)) for kind, hook in hooks.NAMES.items()}
        return LoadedCollection(collection, distribution, MappingProxyType(offers))

    def _call(self, hook: str) -> object:
        results: list[object] = getattr(self.hook, hook)()
        if len(results) > 1:
            raise DeclarationError(f"{hook} is implemented {len(results)} times.")
        return results[0] if results else None


def load(candidate: Candidate) -> tuple[LoadedCollection | None, Record]:
    """Import the declaration of an installed collection and read it."""
    return _read(candidate.record(State.LOADED, Step.IMPORT), lambda: _import(candidate.target))


def read_plugin(name: str, plugin: object) -> tuple[LoadedCollection | None, Record]:
    """Read a declaration that is given as an object."""
    return _read(Record(name, None, None, None, State.LOADED, Step.IMPORT), lambda: plugin)


def _read(record: Record, get: Callable[[], object]) -> tuple[LoadedCollection | None, Record]:
    step = Step.IMPORT

    def read() -> LoadedCollection:
        nonlocal step  # the record names the step that failed
        plugin = get()
        step = Step.REGISTER
        manager = OneCollection(plugin, record.collection)
        step = Step.DECLARE
        return manager.declare(record.collection, record.distribution)

    outcome = run_guarded(read)
    record = replace(record, step=step, seconds=outcome.seconds, output=outcome.output)
    if outcome.value is None:
        advice = f"\n  {way_out(record.collection, record.distribution)}" if record.distribution else ""
        return None, replace(record, state=State.FAILED, error=f"{outcome.error}{advice}", trace=outcome.trace)
    return outcome.value, replace(record, step=Step.DONE, summary=outcome.value.collection.summary)


def _check_names(hook: str, names: object) -> Mapping[str, str]:
    if names is None:
        return MappingProxyType({})
    if not isinstance(names, Mapping):
        raise DeclarationError(f"{hook} must return a mapping from name to target, got {names!r}.")
    for name in names:
        # commands may have a hyphen in their name
        if not isinstance(name, str) or not name or not name.replace("-", "_").isidentifier():
            raise DeclarationError(f"{hook}: {name!r} is not a name.")
    return MappingProxyType({name: check_target(target, f"{hook}, {name!r}") for name, target in names.items()})


def _import(target: str) -> object:
    module, _, attribute = target.partition(":")
    return reduce(getattr, filter(None, attribute.split(".")), importlib.import_module(module))
