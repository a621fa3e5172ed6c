"""Where installed collections come from, and metadata that nothing stands behind any more; no code of theirs runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nm_core.plugins.discovery import Candidate, claims, installed, place_of
from nm_core.plugins.doctor.findings import Finding
from nm_core.plugins.guard import guarded
from nm_core.plugins.settings import normal

if TYPE_CHECKING:
    from importlib_metadata import Distribution


@dataclass(frozen=True, slots=True)
class Installation:
    """One distribution with collections, as it lies there.

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

    def to_dict(self) -> dict[str, object]:
        """Return the installation as plain data for JSON."""
        return asdict(self)


def stale(found: Iterable[tuple[Installation, Candidate]]) -> Iterator[Finding]:
    """Yield what is left of installations that are no more: sources, modules, second metadata."""
    by_name: dict[str, dict[str, Installation]] = {}
    for installation, claim in found:
        message = _lost(installation, claim.target.partition(":")[0])
        if message is not None:
            yield Finding(claim.collection, "metadata", message, fault=True)
        if installation.metadata.endswith(".dist-info"):  # an egg-info beside the source of an editable one is usual
            name = normal(installation.distribution)
            by_name.setdefault(name, {}).setdefault(installation.metadata, installation)
    for first, *others in (list(same.values()) for same in by_name.values()):
        if others:
            places = " and ".join(f"{one.version} in {one.metadata}" for one in (first, *others))
            message = f"{first.distribution} is installed more than once: {places}. The first counts. Remove all, with "
            message += f"python -m pip uninstall {first.distribution} until nothing is left, and install it again."
            for collection in first.collections:
                yield Finding(collection, "metadata", message, fault=False)


def _lost(installation: Installation, module: str) -> str | None:
    """Say what metadata have outlived, or return ``None`` where all is there."""
    name, place = installation.distribution, installation.metadata
    remove = f"python -m pip uninstall {name}"
    if Path(place).name.startswith("~"):
        return f"{place} is what is left of an interrupted uninstallation of {name}. Remove that folder."
    if installation.source is not None and not Path(installation.source).is_dir():
        return (
            f"{name} is an editable installation of {installation.source}, and that folder is gone. "
            f"Install it from where it is now, or remove it: {remove}"
        )
    if not guarded(partial(_is_there, module)).value:
        return (
            f"{name} {installation.version} names {module}, and there is no such module: its metadata are stale. "
            f"Install it again, python -m pip install --force-reinstall {name}, or remove it: {remove}"
        )
    return None


def installations() -> Iterator[tuple[Installation, Candidate]]:
    """Yield each claim on a namespace with the installation that makes it, in the order of the path."""
    for distribution in installed():
        claimed = guarded(partial(claims, distribution)).value or ()
        names = tuple(claim.collection for claim in claimed)
        for claim in claimed:
            origin, source = _origin(distribution)
            place = place_of(distribution)
            made = Installation(claim.distribution, claim.version, names, claim.requires, place, origin, source)
            yield made, claim


def _origin(distribution: Distribution) -> tuple[str, str | None]:
    """Return what a distribution was installed from, and the folder of an editable one (PEP 610)."""
    installer = (distribution.read_text("INSTALLER") or "").strip()
    try:
        direct: Any = json.loads(distribution.read_text("direct_url.json") or "null")
    except ValueError:
        direct = None
    if not isinstance(direct, Mapping) or not isinstance(direct.get("url"), str):
        return f"by {installer}" if installer else "unknown", None
    parts = urlsplit(direct["url"])
    place = url2pathname(parts.path) if parts.scheme == "file" else direct["url"]
    version_control = direct.get("vcs_info")
    if isinstance(version_control, Mapping):
        return f"{version_control.get('vcs')}+{place}@{str(version_control.get('commit_id'))[:12]}", None
    editable = isinstance(direct.get("dir_info"), Mapping) and direct["dir_info"].get("editable") is True
    return (f"editable {place}", place) if editable else (place, None)


def _is_there(module: str) -> bool:
    """Whether a module can be found; the packages above it are looked at and not imported."""
    path: Iterable[str] | None = None
    spec: ModuleSpec | None = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        specs = (finder.find_spec(name, path) for finder in sys.meta_path)  # type: ignore[arg-type]  # any iterable does
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is None:
            return False
        path = spec.submodule_search_locations or ()
    return spec is not None and spec.has_location  # a folder without a file is what is left of a package
