"""Load declarations: one guarded step after the other, so that one collection cannot take down another."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import pluggy

from nm_core.errors import did_you_mean
from nm_core.plugins import hooks
from nm_core.plugins.declarations import Collection, check_target
from nm_core.plugins.discovery import Candidate
from nm_core.plugins.errors import DeclarationError
from nm_core.plugins.guard import guarded
from nm_core.plugins.records import Record, State, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A collection whose declaration is well formed, and the names it offers per kind of name."""

    collection: Collection
    distribution: str | None
    offers: Mapping[str, Mapping[str, str]]


class _Stopped(Exception):
    """A step failed; the record says how."""


class Loader(pluggy.PluginManager):
    """A plugin manager that takes one collection at a time and records what came of it."""

    def __init__(self) -> None:
        super().__init__(hooks.PROJECT)
        self.add_hookspecs(hooks)

    def load(self, candidate: Candidate) -> tuple[Loaded | None, Record]:
        """Import the declaration of an installed collection and read it."""
        return self._read(candidate.record(State.LOADED, Step.IMPORT), lambda: _import(candidate.target))

    def take(self, name: str, plugin: object) -> tuple[Loaded | None, Record]:
        """Read a declaration that is given as an object."""
        return self._read(Record(name, None, None, None, State.LOADED, Step.IMPORT), lambda: plugin)

    def _read(self, record: Record, get: Callable[[], object]) -> tuple[Loaded | None, Record]:
        spent = 0.0

        def step(name: Step, action: Callable[[], T]) -> T:
            nonlocal record, spent
            outcome = guarded(action)
            spent += outcome.seconds
            record = replace(record, step=name, seconds=spent)
            if outcome.error is not None:
                record = replace(record, state=State.FAILED, error=outcome.error, trace=outcome.trace)
                raise _Stopped
            return outcome.value  # type: ignore[return-value]  # a step without an error has a value

        try:
            plugin = step(Step.IMPORT, get)
            step(Step.REGISTER, lambda: self._register(record.collection, plugin))
            loaded = step(Step.DECLARE, lambda: self._declare(record, plugin))
        except _Stopped:
            if self.has_plugin(record.collection):
                self.unregister(name=record.collection)
            return None, record
        return loaded, replace(record, step=Step.DONE, summary=loaded.collection.summary)

    def _register(self, name: str, plugin: object) -> None:
        self.register(plugin, name=name)
        known = [hooks.REQUIRED, *hooks.NAMES.values()]
        for caller in self.get_hookcallers(plugin) or ():
            if not caller.has_spec():
                raise DeclarationError(f'there is no hook "{caller.name}".{did_you_mean(caller.name, known)}')

    def _declare(self, record: Record, plugin: object) -> Loaded:
        collection = self._call(hooks.REQUIRED, plugin)
        if not isinstance(collection, Collection):
            given = "nothing" if collection is None else repr(collection)
            raise DeclarationError(f"nm_collection must return a Collection, got {given}.")
        if collection.name != record.collection:
            raise DeclarationError(
                f"the collection calls itself {collection.name!r}, its entry point {record.collection!r}; "
                f"the two names must be equal."
            )
        offers = {kind: _offer(hook, self._call(hook, plugin)) for kind, hook in hooks.NAMES.items()}
        return Loaded(collection, record.distribution, MappingProxyType(offers))

    def _call(self, hook: str, plugin: object) -> object:
        """Call one hook of one plugin; hooks of the others, wrappers included, stay out of it."""
        others = [other for other in self.get_plugins() if other is not plugin]
        results: list[object] = self.subset_hook_caller(hook, others)()
        if len(results) > 1:
            raise DeclarationError(f"{hook} is implemented {len(results)} times.")
        return results[0] if results else None


def _offer(hook: str, given: object) -> Mapping[str, str]:
    if given is None:
        return MappingProxyType({})
    if not isinstance(given, Mapping):
        raise DeclarationError(f"{hook} must return a mapping from name to target, got {given!r}.")
    for name in given:
        if not isinstance(name, str) or not name or not name.replace("-", "_").isidentifier():
            raise DeclarationError(f"{hook}: {name!r} is not a name.")
    return MappingProxyType({name: check_target(target, f"{hook}, {name!r}") for name, target in given.items()})


def _import(target: str) -> object:
    module, _, attribute = target.partition(":")
    found: object = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found
