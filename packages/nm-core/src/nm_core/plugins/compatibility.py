"""Judge a distribution by its own declared requirements, before any of its code is imported."""

from __future__ import annotations

from collections.abc import Sequence

OURS = ("nm-core", "nm-types")
"""The packages whose interface a collection is written against."""


def unmet(distribution: str, version: str, requires: Sequence[str]) -> str | None:
    """Say which requirement on nm-core or nm-types the installed version does not meet, or return ``None``.

    Requirements that belong to an extra or to another platform do not count. A requirement on a package that is not
    installed as a distribution (a source tree on the path) cannot be judged and is taken as met.
    """
    import importlib_metadata as metadata
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(requirement.name)
        if name not in OURS or (requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            return (
                f"{distribution} {version} requires {name}{requirement.specifier}, and {name} {installed} is "
                f"installed. Update both: python -m pip install --upgrade {name} {distribution}"
            )
    return None
