"""Build the wheel and the source archive of every package, each under a version that names its contents.

Use: `python tools/build_wheels.py dist [nm-core ...]`. The wheel is built from the unpacked source archive, as who gets
only that archive would build it: without git, and without the rest of the repository. What is there already under the
same version (see `version.py`) is not built again. `dist/pins.txt` is a constraints file with exactly these versions: a
sibling is always the one built here, never a stranger of the same name on an index.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from requirements import all_packages
from version import PACKAGES, version_of


def build(package: str, into: Path) -> str:
    """Build one package and return the stem of its archives, `nm_core-0.2.0`; keep what is there."""
    stem = f"{package.replace('-', '_')}-{version_of(package)}"
    if not (into / f"{stem}-py3-none-any.whl").exists() or not (into / f"{stem}.tar.gz").exists():
        with tempfile.TemporaryDirectory() as folder:
            hatchling("sdist", source=PACKAGES / package, into=Path(folder))
            archive = next(Path(folder).glob("*.tar.gz"))
            stem = archive.name.removesuffix(".tar.gz")  # a file may have changed since the version was asked for
            with tarfile.open(archive) as unpacked:
                unpacked.extractall(folder, filter="data")
            hatchling("wheel", source=Path(folder, stem), into=into)
            archive.replace(into / archive.name)
    return stem


def hatchling(kind: str, *, source: Path, into: Path) -> None:
    """Build a `wheel` or an `sdist` of the project in `source`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)


def build_all(into: Path, packages: list[str]) -> list[str]:
    """Build the packages named, remove what belongs to older sources, write `pins.txt` and return its lines."""
    into.mkdir(parents=True, exist_ok=True)
    stems = [build(package, into) for package in packages]
    for path in into.iterdir():
        if path.is_file() and path.name.removesuffix("-py3-none-any.whl").removesuffix(".tar.gz") not in stems:
            path.unlink()
    pins = [f"{package}=={stem.split('-', 1)[1]}" for package, stem in zip(packages, stems, strict=True)]
    (into / "pins.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    return pins


def main() -> None:
    """Build all packages, or those named, into the folder given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("packages", nargs="*", default=all_packages())
    given = parser.parse_args()
    print("\n".join(build_all(given.folder.resolve(), given.packages)))


if __name__ == "__main__":
    main()
