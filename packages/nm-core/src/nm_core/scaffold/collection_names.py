"""The names of a collection: its namespace, its distribution and its package, all from one word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nm_core.plugins.known import KNOWN
from nm_core.scaffold.errors import ScaffoldError

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_LENGTH = 30
_OFFICIAL = frozenset({"nm-types", *KNOWN.values()})


@dataclass(frozen=True, slots=True)
class CollectionNames:
    """The names of one collection: its namespace, its distribution and its package.

    Attributes:
        collection: the namespace, which stands before the dot in ids: ``birds`` in ``birds.GatedConvolution``.
        distribution: what pip installs, ``nm-birds``.
        package: what Python imports, ``nm_birds``.
    """

    collection: str
    distribution: str
    package: str

    @classmethod
    def from_namespace(cls, name: str) -> CollectionNames:
        """Derive all names from the collection's, if it may be called so.

        Raises:
            ScaffoldError: it is no lower-case word, or taken by an official or an installed package.
        """
        if not _WORD.fullmatch(name) or len(name) > _LENGTH:
            likely = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:_LENGTH].rstrip("_")
            raise ScaffoldError(
                f'"{name}" cannot be the name of a collection.\n'
                f"  Expected a lower-case word of at most {_LENGTH} letters, digits and single underscores, a letter\n"
                "  first: it stands before the dot in ids such as birds.GatedConvolution."
                + (f"\n  Try: nmod new collection {likely}" if likely else "")
            )
        word = name.replace("_", "-")
        names = cls(name, f"nm-{word}", f"nm_{name}")
        owner = KNOWN.get(name) or (names.distribution if names.distribution in _OFFICIAL else None)
        if owner is not None:
            raise ScaffoldError(
                f'The name "{name}" belongs to an official package, {owner}.\n'
                f"  Two packages with one name cannot be used together; choose another name, such as my_{name}."
            )
        installed = _find_installed(names)
        if installed is not None:
            raise ScaffoldError(
                f'The name "{name}" is taken here: {installed} is installed.\n'
                "  Two packages with one name cannot be used together. Choose another name or, if you no longer need\n"
                f"  that package: python -m pip uninstall {installed.split()[0]}"
            )
        return names


def _find_installed(names: CollectionNames) -> str | None:
    """Return the installed distribution that has one of the names already, with its version."""
    from nm_core.plugins.compatibility import installed_version
    from nm_core.plugins.discovery import discover
    from nm_core.plugins.records import Candidate, Record
    from nm_core.plugins.settings import CollectionSettings

    candidates, records = discover(CollectionSettings())
    claims: list[Candidate | Record] = [*candidates, *records]
    for claim in claims:
        if claim.collection == names.collection and claim.distribution is not None:
            return f"{claim.distribution} {claim.version}"
    version = installed_version(names.distribution)
    return None if version is None else f"{names.distribution} {version}"
