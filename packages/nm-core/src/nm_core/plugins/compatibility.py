"""Judge a distribution by its own declared requirements, before any of its code is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from nm_core.plugins.known import pip_line, update_line

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OURS = ("nm-core", "nm-types")
"""The packages whose interface a collection is written against."""

VersionOf = Callable[[str], str | None]
"""From the name of a distribution to its installed version."""


def installed_version(name: str) -> str | None:
    """Return the version of an installed distribution, or ``None``."""
    import importlib_metadata as metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def active_requirements(requires: Sequence[str]) -> Iterator[tuple[str, Requirement]]:
    """Yield the requirements that count here, by normal name: not those of an extra or of another platform."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        # under an empty extra the markers of all extras are false
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name), requirement


def find_unmet(
    distribution: str, version: str, requires: Sequence[str], version_of: VersionOf = installed_version
) -> str | None:
    """Say which requirement on nm-core or nm-types the installed version does not meet, or return ``None``.

    A requirement on one that is not installed as a distribution (a source tree on the path) cannot be judged and is
    taken as met.
    """
    ours = [text for text in requires if text[:2].lower() == "nm"]  # parsing a requirement takes time
    for name, requirement in active_requirements(ours):
        installed = version_of(name) if name in OURS else None
        # prereleases: an installed release candidate counts, though pip would not choose it
        if installed is not None and not requirement.specifier.contains(installed, prereleases=True):
            return (
                f"{distribution} {version} requires {name}{requirement.specifier}, and {name} {installed} is "
                f"installed. Update both: {update_line(name, distribution)}"
            )
    return None


def find_lacking(distribution: str, version: str, requires: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each further requirement that is not installed, or in a version that does not meet it."""
    for name, requirement in active_requirements(requires):
        if name in OURS:
            continue
        installed = installed_version(name)
        required = f"{name}{requirement.specifier}"
        head, line = f"{distribution} {version} requires {required}", pip_line(required)
        if installed is None:
            yield f"{head}, which is not installed. Install it: {line}"
        elif not requirement.specifier.contains(installed, prereleases=True):
            yield f"{head}, and {name} {installed} is installed. Change it: {line}"
