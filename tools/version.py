"""The version of a package: from its own tags, wherever there are any.

Use: `python tools/version.py nm-core`; hatchling asks this file when it builds from a checkout (a source archive has
its version in PKG-INFO and needs neither git nor this file).

| state of the package | version |
|---|---|
| as the tag `nm-core-v0.2.0` has it | `0.2.0` |
| three commits of its own later | `0.2.0.post3+g1a2b3c4d5e` |
| no tag reachable (a shallow clone) | `0.2.0+g1a2b3c4d5e`: the newest release that its changelog tells of |
| edited | either of these and `.d0f1e2d3c4b`, a digest of its files |
| no git | `0.2.0+d0f1e2d3c4b` |

Only commits and files of the package count, so that work on one package leaves the versions of the others alone. A
version in development follows the release before it (a `.dev` version would precede the next one), so that the ranges
by which siblings require it admit it. A digest rather than a time: the same files have the same version, other files
another, however fast they change, and pip never keeps a stale wheel.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
FIRST = "0.1.0"  # what a package without any release is on the way to
NOT_SOURCES = re.compile(r"(^|/)(__pycache__|dist|build|\.[^/]*|[^/]*\.egg-info)(/|$)")


def version_of(name: str) -> str:
    """Return the version of the package as it stands in this folder."""
    folder = PACKAGES / name
    commit = git(folder, "log", "-1", "--format=%h", "--abbrev=10", "--", ".")
    if not commit:
        return f"{newest_release(folder)}+d{digest_of(folder)}"
    tag = git(folder, "describe", "--tags", "--abbrev=0", "--match", f"{name}-v[0-9]*")
    later = git(folder, "rev-list", "--count", f"{tag}..HEAD", "--", ".") if tag else ""
    public = tag.removeprefix(f"{name}-v") if tag else newest_release(folder)
    public += f".post{later}" if later not in ("", "0") else ""
    edited = f".d{digest_of(folder)}" if git(folder, "status", "--porcelain", "--", ".") else ""
    return public if later == "0" and not edited else f"{public}+g{commit}{edited}"


def newest_release(folder: Path) -> str:
    """Return the version of the topmost release in the changelog, `FIRST` if there is none."""
    found = re.search(r"^## (\d\S*)", (folder / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else FIRST


def sources(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield relative name and path of each file that belongs to the package, in order."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not NOT_SOURCES.search(name):
            yield name, path


def digest_of(folder: Path) -> str:
    """Return ten hexadecimal digits that change with any file of the package."""
    digest = hashlib.sha256()
    for name, path in sources(folder):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints, nothing where it fails or is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    print(version_of(sys.argv[1]))
