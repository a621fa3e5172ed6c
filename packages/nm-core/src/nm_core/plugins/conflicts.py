"""Names that several collections give to different things: an official one wins, and of others none does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from nm_core.plugins import messages
from nm_core.plugins.hooks import NAMESPACED

Offers = Mapping[str, Collection[str]]
"""The names that a collection offers, by what they are names of: optimizers, callbacks ..."""


TYPES = "nm-types"
"""The owner of the tags and kinds that need no collection."""


class Definition(NamedTuple):
    """The definition of a tag or a kind: two of one id are the same if their definitions are."""

    id: str
    text: str


class SharedName(NamedTuple):
    """A short name that several collections offer.

    Attributes:
        what: of what it is a name: optimizers, callbacks ...
        name: the name.
        winners: the official collections that it stands for; without one it stands for nothing.
        others: the collections whose thing of this name has to be named with the collection.
    """

    what: str
    name: str
    winners: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def message(self) -> str:
        """A sentence that says what to write."""
        if not self.winners:
            return messages.conflict(self.what, self.name, self.others)
        return messages.shadowed(self.what, self.name, self.winners, self.others)


def find_shared_names(offers: Mapping[str, Offers], official: Collection[str]) -> Iterator[SharedName]:
    """Yield the names that more than one collection offers.

    Args:
        offers: the names that each collection offers.
        official: the collections whose names stay their own.
    """
    owners: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for owner, names in offers.items():
        # names of these sorts carry that of their collection, and cannot collide
        for what in names.keys() - NAMESPACED:
            for name in names[what]:
                owners[what, name].append(owner)
    for (what, name), claims in sorted(owners.items()):
        if len(claims) > 1:
            winners = tuple(claim for claim in claims if claim in official)
            yield SharedName(what, name, winners, tuple(claim for claim in claims if claim not in official))


def define(cls: type) -> Definition:
    """Return the definition of a tag or kind: its id, its chain of parents, and the values and sizes of a kind."""
    # `object`, the last of each chain, tells no class from another
    lineage = [str(getattr(base, "id", base.__qualname__)) for base in cls.__mro__[:-1]]
    dtype, sizes = getattr(cls, "dtype", ""), ", ".join(getattr(cls, "parameters", ()))
    values = f", {dtype} values" if dtype else ""
    return Definition(lineage[0], " < ".join(lineage) + values + (f" with sizes {sizes}" if sizes else ""))


def find_clashes(definitions: Mapping[str, Collection[Definition]]) -> Iterator[str]:
    """Yield a message for each tag or kind that two owners define differently; twice alike is fine."""
    owners_of: dict[str, dict[str, str]] = {}
    for owner, defined in definitions.items():
        for id, text in defined:
            owners_of.setdefault(id, {}).setdefault(text, owner)
    for id, owners in owners_of.items():
        for (text, owner), (rival_text, rival) in pairwise(owners.items()):
            lines = [f"  {owner}: {text}", f"  {rival}: {rival_text}"]
            rightful = [each for each in (owner, rival) if owns(each, id)]
            if len(rightful) == 1:
                squatter = rival if rightful == [owner] else owner
                head = f"{squatter} defines {id} differently than {rightful[0]}, in whose namespace it is."
                advice = f"Its author can mend that: an id of its own, {squatter}.{id.partition('.')[2]}. Until then"
            else:
                squatter, head, advice = rival, f"{owner} and {rival} define {id} differently.", "To use one of them"
            yield "\n".join([head, *lines, f"  {advice}, leave {squatter} out: NM_DISABLE={squatter}"])


def owns(owner: str, id: str) -> bool:
    """Tell whether an id of a tag or kind is in the namespace of a collection, or of nm-types, which has that of nm."""
    namespace = id.partition(".")[0]
    return owner == namespace or (owner == TYPES and namespace == "nm")
