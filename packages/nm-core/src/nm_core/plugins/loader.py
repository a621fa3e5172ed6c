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
from nm_core.plugins.messages import way_out
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


class OneCollection(pluggy.PluginManager):
    """The plugin manager of one collection.

    One each, since a manager compares, hashes and wraps its plugins with each other: with a shared one, a plugin with
    a strange ``__eq__`` or a hook wrapper would reach into the rest.
    """

    def __init__(self, plugin: object, name: str) -> None:
        super().__init__(hooks.PROJECT)
        self.add_hookspecs(hooks)
        self.register(plugin, name=name)
        known = [hooks.REQUIRED, *hooks.NAMES.values()]
        for hook, caller in vars(self.hook).items():
            if isinstance(caller, pluggy.HookCaller) and not caller.has_spec():
                raise DeclarationError(f'there is no hook "{hook}".{did_you_mean(hook, known)}')

    def declare(self, name: str, distribution: str | None) -> Loaded:
        """Call every hook and check what it returns."""
        collection = self._call(hooks.REQUIRED)
        if not isinstance(collection, Collection):
            given = "nothing" if collection is None else repr(collection)
            raise DeclarationError(f"nm_collection must return a Collection, got {given}.")
        if collection.name != name:
            raise DeclarationError(
                f"the collection calls itself {collection.name!r} and its entry point is {name!r}; "
                "the two names must be equal."
            )
        offers = {kind: _offer(hook, self._call(hook)) for kind, hook in hooks.NAMES.items()}
        return Loaded(collection, distribution, MappingProxyType(offers))

    def _call(self, hook: str) -> object:
        results: list[object] = getattr(self.hook, hook)()
        if len(results) > 1:
            raise DeclarationError(f"{hook} is implemented {len(results)} times.")
        return results[0] if results else None


def load(candidate: Candidate) -> tuple[Loaded | None, Record]:
    """Import the declaration of an installed collection and read it."""
    return _read(candidate.record(State.LOADED, Step.IMPORT), lambda: _import(candidate.target))


def take(name: str, plugin: object) -> tuple[Loaded | None, Record]:
    """Read a declaration that is given as an object."""
    return _read(Record(name, None, None, None, State.LOADED, Step.IMPORT), lambda: plugin)


def _read(record: Record, get: Callable[[], object]) -> tuple[Loaded | None, Record]:
    def step(name: Step, action: Callable[[], T]) -> T:
        nonlocal record
        outcome = guarded(action)
        record = replace(record, step=name, seconds=record.seconds + outcome.seconds)
        if outcome.error is not None:
            advice = f"\n  {way_out(record.collection, record.distribution)}" if record.distribution else ""
            record = replace(record, state=State.FAILED, error=outcome.error + advice, trace=outcome.trace)
            raise _Stopped
        return outcome.value  # type: ignore[return-value]  # a step without an error has a value

    try:
        plugin = step(Step.IMPORT, get)
        manager = step(Step.REGISTER, lambda: OneCollection(plugin, record.collection))
        loaded = step(Step.DECLARE, lambda: manager.declare(record.collection, record.distribution))
    except _Stopped:
        return None, record
    return loaded, replace(record, step=Step.DONE, summary=loaded.collection.summary)


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
