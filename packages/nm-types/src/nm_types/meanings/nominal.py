"""Nominal classes: the common base of tags and kinds, with an id and a chain of parents."""

from __future__ import annotations

import re
from typing import Any

from nm_types.errors import DefinitionError

ID = re.compile(r"[A-Za-z_]\w*\.[A-Z]\w*")


class Nominal(type):
    """Metaclass of tags and kinds: equal when their ids and chains of parents are equal.

    Two classes that are declared identically, say in a module that was loaded twice, are the same tag. There is no
    table of all tags: a declaration changes nothing but itself.
    """

    id: str
    chain: tuple[str, ...]
    short: str
    formerly: tuple[str, ...]
    meaning: str

    @property
    def name(cls) -> str:
        """The id without its namespace: `Time` of `nm.Time`."""
        return cls.id.rpartition(".")[2]

    @property
    def text(cls) -> str:
        """The printed name: bare for the names of nm-types, qualified for all others."""
        return cls.name if cls.id.startswith("nm.") else cls.id

    @property
    def parent(cls) -> Nominal | None:
        """The class above, or None at the top."""
        base = cls.__bases__[0]
        return base if isinstance(base, Nominal) and len(base.chain) > 1 else None

    def is_a(cls, other: Nominal) -> bool:
        """Return whether this is `other` or a descendant of it."""
        return cls is other or cls.chain[: len(other.chain)] == other.chain

    def join(cls, other: Nominal) -> Nominal | None:
        """Return the nearest common ancestor, or None."""
        above: Nominal | None = cls
        while above is not None and not other.is_a(above):
            above = above.parent
        return above

    def __eq__(cls, other: object) -> bool:
        return cls is other or (isinstance(other, Nominal) and cls.chain == other.chain)

    def __hash__(cls) -> int:
        # by id and not by identity, so that a module that was loaded twice declares one tag
        return hash(cls.chain)


def declare(cls: Nominal, root: str, id: str | None, formerly: tuple[str, ...] = ()) -> None:
    """Give a new class its id, its former ids and its chain; refuse what has no single parent."""
    # with two parents "the nearest common ancestor" would not be unique
    if len(cls.__bases__) != 1:
        parents = ", ".join(base.__name__ for base in cls.__bases__)
        raise DefinitionError(
            f"{cls.__name__}: a {root.lower()} has one parent, this one has {len(cls.__bases__)} ({parents}).\n"
            "  Meanings form a tree. Keep the parent that says what it is; say the rest in\n"
            "  another tag."
        )
    own = id if id is not None else _default_id(cls, root)
    for name in (own, *formerly):
        if not ID.fullmatch(name):
            raise DefinitionError(
                f'{cls.__name__}: "{name}" is no id of a {root.lower()}.\n'
                f'  An id is a namespace, a dot and a capital word: class {cls.__name__}(..., id="asr.Phoneme").'
            )
    cls.id, cls.formerly = own, formerly
    base: Any = cls.__bases__[0]
    if own in base.chain:
        raise DefinitionError(f"{cls.__name__}: it has the id of its own ancestor, {own}. Give it an id of its own.")
    cls.chain = (*base.chain, own)
    cls.meaning = cls.chain[1]


def _default_id(cls: Nominal, root: str) -> str:
    package = cls.__module__.partition(".")[0]
    return f"{package}.{cls.__name__.removesuffix(root)}"
