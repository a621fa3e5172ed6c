"""Scopes: the tags and kinds that names in a notation refer to; explicit, and changed by no import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

from nm_types.errors import UnknownNameError, did_you_mean
from nm_types.meanings.kinds import KINDS, Kind
from nm_types.meanings.nominal import Nominal
from nm_types.meanings.tags import TAGS, Tag
from nm_types.messages import wrap_lines

N = TypeVar("N", bound=Nominal)


class Scope:
    """The names that a notation may use: those of nm-types and of the tags and kinds in scope.

    A foreign name is understood qualified (`asr.Phoneme`) and, where only one tag has it, bare (`Phoneme`). A bare name
    of nm-types stands for its own tag, whatever a collection declares: no newcomer changes what was written before.
    """

    def __init__(self, tags: Iterable[type[Tag]] = (), kinds: Iterable[type[Kind]] = ()) -> None:
        self._tags = _names(TAGS, tuple(tags))
        self._kinds = _names(KINDS, tuple(kinds))

    def tag(self, name: str) -> type[Tag]:
        """Look up a tag by name; an error suggests the closest name."""
        return _find("tag", name, self._tags)

    def kind(self, name: str) -> type[Kind]:
        """Look up a kind by name; an error suggests the closest name."""
        return _find("kind", name, self._kinds)


@lru_cache(maxsize=64)
def scope_of(tags: tuple[type[Tag], ...], kinds: tuple[type[Kind], ...]) -> Scope:
    """Return the scope of some tags and kinds, cached."""
    return Scope(tags, kinds)


def _names(own: Sequence[N], foreign: Sequence[N]) -> dict[str, list[N]]:
    names: dict[str, list[N]] = {}
    for member in own:
        for name in _names_of(member):
            names[name] = [member]
    own_names = frozenset(names)
    for member in foreign:
        for name in _names_of(member):
            members = names.setdefault(name, [])
            # a bare name never moves from nm-types to a collection: files keep their meaning when a collection is
            # installed
            if member not in members and (name == member.id or name not in own_names):
                members.append(member)
    for member in (*own, *foreign):
        for former in member.formerly:
            names.setdefault(former, [member])  # an id of today wins over a former one
    return names


def _names_of(member: Nominal) -> set[str]:
    return {member.id, member.name, member.short or member.id}


def _find(what: str, name: str, names: dict[str, list[N]]) -> N:
    members = names.get(name, [])
    if len(members) == 1:
        return members[0]
    code = "NM002" if what == "tag" else "NM003"
    if members:
        raise UnknownNameError(_ambiguous(what, name, members), code=code)
    guess = did_you_mean(name, names)
    listing = ", ".join(sorted({member.text for sharing in names.values() for member in sharing}))
    option = "tags=[...]" if what == "tag" else "kinds=[...]"
    raise UnknownNameError(
        f'There is no {what} "{name}" here.{" " if guess else ""}{guess}\n'
        + wrap_lines(f"  Known: {listing}.")
        + f"\n  A {what} of a collection is given with {option}; a name in a notation\n  never makes a new one.",
        code=code,
    )


def _ambiguous(what: str, name: str, members: Sequence[Nominal]) -> str:
    """Return the message for a name that several tags or kinds share."""
    ids = sorted({member.id for member in members})
    if len(ids) > 1:
        return f'The {what} "{name}" may mean several things here: write {" or ".join(ids)}.'
    chains = "".join(f"\n    {' > '.join(member.chain[1:])}" for member in members)
    return (
        f'The {what} "{name}" may mean several things here, all of them with that id:{chains}\n'
        "  An id stands for one meaning: declare each with an id of its own."
    )
