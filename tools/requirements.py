"""What the packages of this repository declare that they require."""

import tomllib
from collections.abc import Iterable

from packaging.requirements import Requirement

from version import PACKAGES


def all_packages() -> list[str]:
    """Return the names of all packages of the repository."""
    return sorted(path.parent.name for path in PACKAGES.glob("*/pyproject.toml"))


def extras_of(package: str) -> dict[str, list[Requirement]]:
    """Return what each extra of a package brings; what is always required stands under the empty name."""
    project = tomllib.loads((PACKAGES / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {"": project["dependencies"], **project.get("optional-dependencies", {})}
    return {extra: [Requirement(text) for text in texts] for extra, texts in declared.items()}


def requirements_of(package: str, extras: Iterable[str] | None = None) -> list[Requirement]:
    """Return what a package requires with some extras, with all of them when none are named."""
    declared = extras_of(package)
    return [needed for extra in (declared if extras is None else ("", *extras)) for needed in declared[extra]]
