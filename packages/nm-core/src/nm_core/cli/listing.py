"""The list of all that collections offer, by kind, from light declarations alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from nm_core.errors import did_you_mean

if TYPE_CHECKING:
    from nm_core.plugins import Collections

MODULES, METRICS, PRESETS = "modules", "metrics", "presets"
NAMED = (
    "callbacks",
    "optimizers",
    "policies",
    "tokenizers",
    "strategies",
    "backends",
    "tasks",
    "recipes",
    "commands",
)
"""Kinds of things that have short names."""
KINDS = (MODULES, METRICS, PRESETS, *NAMED)
SINGULAR = {kind: f"{kind[:-3]}y" if kind.endswith("ies") else kind[:-1] for kind in KINDS}


class Entry(NamedTuple):
    """One line of the list.

    Attributes:
        kind: one of ``KINDS``.
        name: the name in files: an id with its version, or a short name.
        collection: the collection that offers it.
        summary: one line.
        targets: where it is, by backend.
    """

    kind: str
    name: str
    collection: str
    summary: str
    targets: Mapping[str, str]

    def to_dict(self) -> dict[str, object]:
        """Return the line as plain data for JSON."""
        return {"id": self.name, "summary": self.summary, "targets": dict(self.targets), "kind": self.kind}


def find_entries(collections: Collections) -> Iterator[Entry]:
    """Yield all that the collections offer."""
    for id, spec in collections.modules.items():
        summary = spec.summary if spec.deprecated is None else f"Deprecated: {spec.deprecated}"
        yield Entry(MODULES, f"{id}@{spec.version}", id.partition(".")[0], summary, spec.targets)
    ids = collections.names(METRICS)
    metrics = [(id, id, "metric") for id in ids]
    metrics += [(former, id, f"alias of {id}") for former, id in sorted(collections.aliases.items()) if id in ids]
    for shown, id, summary in metrics:
        targets = {"any": collections.target(METRICS, id)}
        yield Entry(METRICS, shown, shown.partition(".")[0], summary, targets)
    for id, spec in collections.modules.items():
        for parameter, names in spec.presets.items():
            for name, target in names.items():
                yield Entry(PRESETS, name, id.partition(".")[0], f"{parameter} of {id}", {"any": target})
    for kind in NAMED:
        for name in collections.names(kind):
            (owner,) = collections.owners(kind, name)
            yield Entry(kind, name, owner, f"{SINGULAR[kind]} of {owner}", {"any": collections.target(kind, name)})


def find_named(collections: Collections, name: str, kind: str | None) -> list[Entry]:
    """Return the things of a short name, perhaps with their collection in front; no modules and no metrics.

    Raises:
        ConflictError: several collections offer it, and none of them is official.
    """
    found = [
        entry
        for entry in find_entries(collections)
        if entry.kind == PRESETS and kind in (None, PRESETS) and entry.name == name
    ]
    for each in NAMED if kind is None else {kind} & {*NAMED}:
        owners = collections.owners(each, name)
        if owners:
            target = collections.target(each, name)
            found.append(Entry(each, name, owners[0], f"{SINGULAR[each]} of {owners[0]}", {"any": target}))
    return found


def no_entry(collections: Collections, name: str, kind: str | None) -> str:
    """Say that nothing has this name, and what comes near it, whatever it is."""
    what = "" if kind is None else f" among the {kind}"
    if name in collections.collections:
        return f"{name} is a collection.\n  Run: nmod modules --collection {name}"
    names = [entry.name.partition("@")[0] for entry in find_entries(collections) if kind in (None, entry.kind)]
    # of a module the name without its collection may be what was meant
    short = {id.partition(".")[2]: id for id in reversed(names) if "." in id}
    close = did_you_mean(name, [*names, *short])
    for word, id in short.items():
        close = close.replace(f'"{word}"', f'"{id}"')
    return f'There is nothing called "{name}"{what}.{close}\n  nmod modules lists all that is installed.'
