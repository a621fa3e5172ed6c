"""Import the tag and kind classes of collections, so that type strings can name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nm_core.plugins.conflicts import Definition, clashes, define
from nm_core.plugins.errors import ConflictError, TargetError
from nm_core.plugins.loader import Loaded
from nm_core.plugins.targets import import_target


def import_scope(what: str, loaded: Mapping[str, Loaded], names: Iterable[str]) -> tuple[type, ...]:
    """Import the ``"tags"`` or ``"kinds"`` of the named collections.

    One tag defined identically by two collections is fine.

    Raises:
        ConflictError: two of them define one tag differently.
        TargetError: a class cannot be imported.
    """
    classes: dict[Definition, type] = {}
    defined: dict[str, list[Definition]] = {}
    for name in names:
        for target in getattr(loaded[name].collection, what):
            declared = _class(what, name, target, loaded[name].distribution)
            definition = define(declared)
            classes.setdefault(definition, declared)
            defined.setdefault(name, []).append(definition)
    for clash in clashes(defined):
        raise ConflictError(clash)
    return tuple(classes.values())


def _class(what: str, name: str, target: str, distribution: str | None) -> type:
    declared = import_target(target, what=f"{what} of {name}", distribution=distribution)
    if not isinstance(declared, type):
        raise TargetError(f"{what} of {name}: {target} is {declared!r}, expected a class.")
    return declared
