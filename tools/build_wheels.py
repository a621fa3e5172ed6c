"""Build the wheel and the source archive of every package, each under a version that names its contents.

Use: `python tools/build_wheels.py dist`. The version gets a local part, a digest of the package's files
(`0.1.0+src.1f0c2a9b4d`), so that pip never keeps a stale wheel and nothing unchanged is built again. `dist/pins.txt` is
a constraints file with exactly these versions: a sibling is always the one built here, never a stranger of the same
name on an index.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
LEFT_OUT = ("__pycache__", "*.egg-info", ".*_cache", ".hypothesis", "dist", "build")


def digest_of(package: Path) -> str:
    """Return ten hexadecimal digits that change with any file of the package."""
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file()):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def build(package: Path, into: Path) -> str:
    """Build one package and return the pin `name==version`; archives that are there already are kept."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(package, Path(folder, package.name), ignore=shutil.ignore_patterns(*LEFT_OUT)))
        settings = copy / "pyproject.toml"
        project = tomllib.loads(settings.read_text(encoding="utf-8"))["project"]
        version = f"{project['version']}+src.{digest_of(copy)}"
        stem = f"{project['name'].replace('-', '_')}-{version}"
        if not (into / f"{stem}-py3-none-any.whl").exists() or not (into / f"{stem}.tar.gz").exists():
            declared = f'version = "{project["version"]}"\n'
            text = settings.read_text(encoding="utf-8")
            if text.count(declared) != 1:
                raise SystemExit(f"{package.name}/pyproject.toml: expected the line {declared.strip()!r} exactly once.")
            settings.write_text(text.replace(declared, f'version = "{version}"\n'), encoding="utf-8")
            command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(into)]
            subprocess.run(command, cwd=copy, check=True, stdout=subprocess.DEVNULL)
    return f"{project['name']}=={version}"


def main() -> None:
    """Build all packages into the folder given, and remove what belongs to older sources."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    into = parser.parse_args().folder.resolve()
    into.mkdir(parents=True, exist_ok=True)
    pins = [build(package, into) for package in sorted(PACKAGES.iterdir()) if (package / "pyproject.toml").exists()]
    current = {pin.replace("-", "_").replace("==", "-") for pin in pins}
    for path in into.iterdir():
        if not any(path.name.startswith(stem) for stem in current):
            path.unlink()
    (into / "pins.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    print("\n".join(pins))


if __name__ == "__main__":
    main()
