"""The official collections, so that one that is not installed can be named with the line that installs it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KNOWN: Mapping[str, str] = MappingProxyType({"nm": "nm-core", "common": "nm-torch", "asr": "nm-asr", "nlp": "nm-nlp"})
"""Namespace to distribution."""

KNOWN_BACKENDS: Mapping[str, str] = MappingProxyType({"torch": "nm-torch"})
"""Backend to distribution."""


def pip_line(distribution: str) -> str:
    """Return the command that installs a distribution."""
    quoted = f"'{distribution}'" if set("[<>=!~;") & set(distribution) else distribution
    return f"python -m pip install {quoted}"
