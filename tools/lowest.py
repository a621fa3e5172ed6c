"""Write constraints that pin each declared lower bound: what a user has who updates nothing.

Use: `python tools/lowest.py lowest.txt nm-core[tune] nm-torch`. Siblings are not pinned; `dist/pins.txt` does that.
"""

import sys
from pathlib import Path

from packaging.requirements import Requirement

from requirements import all_packages, requirements_of


def pins(wanted: Requirement) -> dict[str, str]:
    """Return the lowest version that a package and its extras named declare for each library."""
    found = {}
    for needed in requirements_of(wanted.name, wanted.extras):
        if needed.name not in all_packages():
            (bound,) = [clause.version for clause in needed.specifier if clause.operator == ">="]
            found[needed.name] = bound
    return found


if __name__ == "__main__":
    lowest = {name: version for text in sys.argv[2:] for name, version in pins(Requirement(text)).items()}
    lines = [f"{name}=={version}\n" for name, version in sorted(lowest.items())]
    Path(sys.argv[1]).write_text("".join(lines), encoding="utf-8")
