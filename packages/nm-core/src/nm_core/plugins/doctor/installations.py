"""Installations of collections: where they come from, and metadata whose package is gone. None of their code runs."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nm_core.plugins.discovery import claims, installed_distributions, metadata_folder
from nm_core.plugins.doctor.findings import Finding
from nm_core.plugins.guard import run_guarded
from nm_core.plugins.known import normal
from nm_core.plugins.records import Candidate

if TYPE_CHECKING:
    from importlib_metadata import Distribution


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed distribution with collections.

    Attributes:
        distribution: its name.
        version: its version.
        collections: the namespaces that it claims.
        requires: its declared requirements.
        metadata: the folder of its metadata.
        origin: what it was installed from: ``editable /a/folder``, a file, an address, or by which installer.
        source: the folder of an editable installation.
    """

    distribution: str
    version: str
    collections: tuple[str, ...]
    requires: tuple[str, ...]
    metadata: str
    origin: str
    source: str | None


def find_stale(claims: Iterable[tuple[Installation, Candidate]]) -> Iterator[Finding]:
    """Yield a finding for each remainder of an old installation: lost sources, lost modules, second metadata."""
    by_name: defaultdict[str, dict[str, Installation]] = defaultdict(dict)
    for installation, claim in claims:
        message = _explain_stale(installation, claim.target.partition(":")[0])
        if message is not None:
            yield Finding(claim.collection, "metadata", message, fault=True)
        if installation.metadata.endswith(".dist-info"):  # an egg-info beside the source of an editable one is usual
            by_name[normal(installation.distribution)].setdefault(installation.metadata, installation)
    for same in by_name.values():
        if len(same) > 1:
            first = next(iter(same.values()))
            folders = " and ".join(f"{each.version} in {each.metadata}" for each in same.values())
            message = (
                f"{first.distribution} is installed more than once: {folders}. The first counts. Remove all, with "
                f"python -m pip uninstall {first.distribution} until nothing is left, and install it again."
            )
            for collection in first.collections:
                yield Finding(collection, "metadata", message, fault=False)


def _explain_stale(installation: Installation, module: str) -> str | None:
    """Say which part of an installation is gone, or return ``None`` where all of it is there."""
    name, folder = installation.distribution, installation.metadata
    remove = f"python -m pip uninstall {name}"
    if Path(folder).name.startswith("~"):  # pip renames a folder so before it removes it
        return f"{folder} is what is left of an interrupted uninstallation of {name}. Remove that folder."
    if installation.source is not None and not Path(installation.source).is_dir():
        return (
            f"{name} is an editable installation of {installation.source}, and that folder is gone. "
            f"Install it from where it is now, or remove it: {remove}"
        )
    if not run_guarded(partial(_can_be_imported, module)).value:
        return (
            f"{name} {installation.version} names {module}, and there is no such module: its metadata are stale. "
            f"Install it again, python -m pip install --force-reinstall {name}, or remove it: {remove}"
        )
    return None


def installations() -> Iterator[tuple[Installation, Candidate]]:
    """Yield each claim on a namespace with the installation that makes it, in the order of the path."""
    for distribution in installed_distributions():
        candidates = run_guarded(partial(claims, distribution)).value or ()
        names = tuple(claim.collection for claim in candidates)
        for claim in candidates:
            details = (metadata_folder(distribution), *_find_origin(distribution))
            yield Installation(claim.distribution, claim.version, names, claim.requires, *details), claim


def _find_origin(distribution: Distribution) -> tuple[str, str | None]:
    """Return the source that a distribution was installed from, and the folder of an editable one (PEP 610)."""
    installer = (distribution.read_text("INSTALLER") or "").strip()
    try:
        direct: Any = json.loads(distribution.read_text("direct_url.json") or "null")
    except ValueError:
        direct = None
    if not isinstance(direct, Mapping) or not isinstance(direct.get("url"), str):
        return f"by {installer}" if installer else "unknown", None
    parts = urlsplit(direct["url"])
    origin = url2pathname(parts.path) if parts.scheme == "file" else direct["url"]
    version_control, folder = direct.get("vcs_info"), direct.get("dir_info")
    if isinstance(version_control, Mapping):
        return f"{version_control.get('vcs')}+{origin}@{str(version_control.get('commit_id'))[:12]}", None
    editable = isinstance(folder, Mapping) and folder.get("editable") is True
    return (f"editable {origin}", origin) if editable else (origin, None)


def _can_be_imported(module: str) -> bool:
    """Tell whether a module can be found, without importing the packages above it as ``find_spec`` would."""
    path: Iterable[str] | None = None
    spec: ModuleSpec | None = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        specs = (finder.find_spec(name, path) for finder in sys.meta_path)  # type: ignore[arg-type]  # any iterable does
        spec = next(filter(None, specs), None)
        if spec is None:
            return False
        path = spec.submodule_search_locations or ()
    return spec is not None and spec.has_location  # a folder without a file is what is left of a package
