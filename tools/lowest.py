"""Write constraints that pin declared lower bounds: the versions of a user who updates nothing.

Use: `python tools/lowest.py lowest.txt nm-core[tune] nm-torch` pins the lower bound of each library; siblings are not
pinned, `dist/pins.txt` does that. `--as-tested torch` takes that library's version from `constraints.txt` instead;
`--only torch` takes all versions from there but that library's.
"""

import argparse
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements import all_packages, requirements_of
from version import PACKAGES

CONSTRAINTS = PACKAGES.parent / "constraints.txt"


def lower_bounds(package: Requirement) -> dict[str, str]:
    """Return the lowest version that a package and its extras named declare for each library."""
    bounds = {}
    for needed in requirements_of(package.name, package.extras):
        if needed.name not in all_packages():
            (bound,) = [clause.version for clause in needed.specifier if clause.operator == ">="]
            bounds[needed.name] = bound
    return bounds


def tested_pins() -> dict[str, str]:
    """Return the line of `constraints.txt` for each library, by its normalized name."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(line.split("==")[0]): line for line in lines if "==" in line}


def main() -> None:
    """Write the constraints that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("packages", nargs="+", type=Requirement)
    parser.add_argument("--as-tested", action="append", default=[], metavar="LIBRARY")
    parser.add_argument("--only", action="append", default=[], metavar="LIBRARY")
    options = parser.parse_args()
    bounds = {name: bound for package in options.packages for name, bound in lower_bounds(package).items()}
    pins = {canonicalize_name(name): f"{name}=={bound}" for name, bound in bounds.items()}
    tested = tested_pins()
    if options.only:
        pins = tested | {name: pins[name] for name in options.only}
    pins |= {name: tested[name] for name in options.as_tested}
    options.file.write_text("".join(f"{pin}\n" for _, pin in sorted(pins.items())), encoding="utf-8")


if __name__ == "__main__":
    main()
