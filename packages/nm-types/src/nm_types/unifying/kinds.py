"""Kinds that a kind variable stands for: the nearest one that several values have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import cast

from nm_types.meanings import Features, Kind, kind_of
from nm_types.relations import kind_sizes_clash
from nm_types.sizes import Size


def join_kinds(kinds: Sequence[Kind]) -> Kind | None:
    """Return the nearest common ancestor of kinds, with the sizes that are the same in all of them, or None.

    Real-valued kinds are features together where they have no ancestor in common or where sizes differ, as those of
    two sampling rates do.
    """
    if not kinds:
        return None
    ancestor: type[Kind] | None = type(kinds[0])
    for kind in kinds[1:]:
        ancestor = None if ancestor is None else cast("type[Kind] | None", ancestor.join(type(kind)))
    if ancestor is None or any(kind_sizes_clash(first, second) for first, second in combinations(kinds, 2)):
        return Features() if any(kind.dtype == "float" for kind in kinds) else None
    columns = [[kind.size(index) for kind in kinds] for index in range(len(ancestor.parameters))]
    return kind_of(ancestor, [_shared(sizes) for sizes in columns])


def _shared(sizes: Sequence[object]) -> Size | None:
    first = sizes[0]
    return first if isinstance(first, Size) and all(size == first for size in sizes) else None
