"""The ranges of the official packages that a new package requires: from what is installed to what may break it."""

from __future__ import annotations

from nm_core.plugins.known import pip_line
from nm_core.scaffold.errors import ScaffoldError

_REQUIRED = ("nm-types", "nm-core", "nm-torch")


def requirements() -> tuple[str, ...]:
    """Return ``nm-core>=0.1.0,<0.2`` and the like: what was tested here, up to the next release that may break it.

    Raises:
        ScaffoldError: one of them is not installed, so nothing says which version a new package is written for.
    """
    from packaging.version import Version

    from nm_core.plugins.compatibility import installed_version

    ranges = []
    for name in _REQUIRED:
        installed = installed_version(name)
        if installed is None:
            raise ScaffoldError(
                f"{name} is not installed, so nothing says for which version of it the package is written.\n"
                f"  The new module runs on it. Install it: {pip_line(name)}"
            )
        version = Version(installed)
        # before 1.0 a minor release may break its users (semantic versioning)
        breaking = f"0.{version.minor + 1}" if version.major == 0 else f"{version.major + 1}"
        ranges.append(f"{name}>={version.public},<{breaking}")
    return tuple(ranges)
