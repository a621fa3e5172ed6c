"""The official collections, so that one that is not installed can be named with the line that installs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

KNOWN: Mapping[str, str] = MappingProxyType({"nm": "nm-core", "common": "nm-torch", "asr": "nm-asr", "nlp": "nm-nlp"})
"""Namespace to distribution."""

OFFICIAL = frozenset({"nm-types", *KNOWN.values()})
"""The official distributions."""

NO_INDEX = "in a checkout of the repository of Neural Modules, since no public index has it"

KNOWN_BACKENDS: Mapping[str, str] = MappingProxyType({"torch": "nm-torch"})
"""Backend to distribution."""


def is_official(collection: str, distribution: str | None) -> bool:
    """Tell whether a collection is one of the official ones, from its own distribution or given as an object."""
    return collection in KNOWN and (distribution is None or normal(distribution) == KNOWN[collection])


def normal(name: str) -> str:
    """Return the name of a distribution as all its spellings share it."""
    return name.lower().replace("_", "-").replace(".", "-")


def pip_line(requirement: str) -> str:
    """Return the command that installs a distribution; an official one comes from the repository.

    Official packages are on no public index, where a stranger could offer others by their names. An extra of an
    installed distribution is asked for by its name: pip looks for the packages that the extra adds alone.
    """
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    if normal(name) in OFFICIAL and "[" not in requirement:
        return f"python -m pip install packages/{normal(name)} ({NO_INDEX})"
    quoted = f"'{requirement}'" if set("[<>=!~;") & set(requirement) else requirement
    return f"python -m pip install {quoted}"


def update_line(*distributions: str) -> str:
    """Return the command that updates distributions, or says from where those come that are on no index."""
    official = [normal(name) for name in distributions if normal(name) in OFFICIAL]
    words = [f"packages/{normal(name)}" if normal(name) in OFFICIAL else name for name in distributions]
    return f"python -m pip install --upgrade {' '.join(words)}{f' ({NO_INDEX})' if official else ''}"
