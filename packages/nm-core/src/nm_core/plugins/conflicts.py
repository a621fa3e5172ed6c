"""Names that several collections give to different things: neither wins, and each conflict is one sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from nm_core.plugins import messages
from nm_core.plugins.hooks import NAMESPACED

Offers = Mapping[str, Collection[str]]
"""The names that a collection offers, by what they are names of: optimizers, callbacks ..."""


class Definition(NamedTuple):
    """The definition of a tag or a kind: two of one id are the same if their definitions are."""

    id: str
    text: str


def find_shared_names(offers: Mapping[str, Offers]) -> Iterator[str]:
    """Yield a sentence for each name that more than one collection offers; ``offers`` goes by collection."""
    owners: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for owner, names in offers.items():
        # names of these sorts carry that of their collection, and cannot collide
        for what in names.keys() - NAMESPACED:
            for name in names[what]:
                owners[what, name].append(owner)
    for (what, name), claims in sorted(owners.items()):
        if len(claims) > 1:
            yield messages.conflict(what, name, claims)


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
            yield (
                f"{owner} and {rival} define {id} differently.\n"
                f"  {owner}: {text}\n"
                f"  {rival}: {rival_text}\n"
                f"  Disable one of them: NM_DISABLE={rival}"
            )
