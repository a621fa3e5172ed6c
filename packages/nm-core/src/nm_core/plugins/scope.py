"""Import the tag and kind classes of collections, so that type strings can name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    found: dict[str, tuple[type, str]] = {}
    for name in names:
        entry = loaded[name]
        targets: tuple[str, ...] = tuple(getattr(entry.collection, what))
        for target in targets:
            declared = import_target(target, what=f"{what} of {name}", distribution=entry.distribution)
            if not isinstance(declared, type):
                raise TargetError(f"{what} of {name}: {target} is {declared!r}, expected a class.")
            lineage = _lineage(declared)
            other, owner = found.setdefault(lineage[0], (declared, name))
            if _lineage(other) != lineage:
                raise ConflictError(
                    f"{owner} and {name} define {lineage[0]} differently.\n"
                    f"  {owner}: {' < '.join(_lineage(other))}\n"
                    f"  {name}: {' < '.join(lineage)}\n"
                    f"  Disable one of them: NM_DISABLE={name}"
                )
    return tuple(declared for declared, _ in found.values())


def _lineage(cls: type) -> tuple[str, ...]:
    """Return the chain of ids that a tag or kind is."""
    return tuple(str(getattr(base, "id", base.__qualname__)) for base in cls.__mro__ if base is not object)
