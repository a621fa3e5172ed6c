"""Names that several collections give to different things: neither wins, and each conflict is one sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from nm_core.plugins import messages
from nm_core.plugins.hooks import NAMESPACED

Offers = Mapping[str, Collection[str]]
"""The names that a collection offers, by what they are names of: optimizers, callbacks ..."""


class Definition(NamedTuple):
    """What a tag or a kind is: two of one id are the same if their definitions are."""

    id: str
    text: str


def shared_names(offers: Mapping[str, Offers]) -> Iterator[str]:
    """Yield a sentence for each name that more than one collection offers; ``offers`` goes by collection."""
    owners: dict[tuple[str, str], list[str]] = {}
    for owner, offered in offers.items():
        for what in offered.keys() - NAMESPACED:
            for name in offered[what]:
                owners.setdefault((what, name), []).append(owner)
    for (what, name), claims in sorted(owners.items()):
        if len(claims) > 1:
            yield messages.conflict(what, name, claims)


def define(cls: type) -> Definition:
    """Return the definition of a tag or kind: its id, its chain of parents, and the values and sizes of a kind."""
    lineage = [str(getattr(base, "id", base.__qualname__)) for base in cls.__mro__[:-1]]
    dtype, sizes = getattr(cls, "dtype", ""), ", ".join(getattr(cls, "parameters", ()))
    values = f", {dtype} values" if dtype else ""
    return Definition(lineage[0], " < ".join(lineage) + values + (f" with sizes {sizes}" if sizes else ""))


def clashes(defined: Mapping[str, Collection[Definition]]) -> Iterator[str]:
    """Yield a message for each tag or kind that two owners define differently; twice alike is fine."""
    found: dict[str, dict[str, str]] = {}
    for owner, definitions in defined.items():
        for id, text in definitions:
            found.setdefault(id, {}).setdefault(text, owner)
    for id, owners in found.items():
        for (one, first), (other, second) in pairwise(owners.items()):
            yield (
                f"{first} and {second} define {id} differently.\n"
                f"  {first}: {one}\n"
                f"  {second}: {other}\n"
                f"  Disable one of them: NM_DISABLE={second}"
            )
