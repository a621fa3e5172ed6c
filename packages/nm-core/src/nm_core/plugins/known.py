"""The official collections, so that one that is not installed can be named with the line that installs it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KNOWN: Mapping[str, str] = MappingProxyType({"nm": "nm-core", "common": "nm-torch", "asr": "nm-asr", "nlp": "nm-nlp"})
"""Namespace to distribution."""

KNOWN_BACKENDS: Mapping[str, str] = MappingProxyType({"torch": "nm-torch"})
"""Backend to distribution."""


def is_official(collection: str, distribution: str | None) -> bool:
    """Tell whether a collection is one of the official ones, from its own distribution or given as an object."""
    return collection in KNOWN and (distribution is None or normal(distribution) == KNOWN[collection])


def normal(name: str) -> str:
    """Return the name of a distribution as all its spellings share it."""
    return name.lower().replace("_", "-").replace(".", "-")


def pip_line(distribution: str) -> str:
    """Return the command that installs a distribution."""
    quoted = f"'{distribution}'" if set("[<>=!~;") & set(distribution) else distribution
    return f"python -m pip install {quoted}"
