"""Check what is inside the wheels and source archives: metadata, licence, typing marker, entry points that exist.

Use: `python tools/check_distributions.py dist`.
"""

import argparse
import email.message
import email.parser
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from requirements import all_packages

OUTSIDE = {"nmod.py", "nm_pytest.py"}  # the command, and the option of pytest, begin before the package is imported
SIBLING = re.compile(rf"^({'|'.join(all_packages())})\b(.*)$")
RELATIVE = re.compile(r"\]\((?!https?://|mailto:|#)[^)]*\)")
UNWANTED = re.compile(r"(^|/)(tests?|__pycache__|changes)/|\.py[co]$|(^|/)\.")


def metadata_faults(metadata: email.message.Message) -> Iterator[str]:
    """Yield what a reader of the package index would miss or what would surprise pip."""
    if metadata["License-Expression"] != "Apache-2.0":
        yield f"License-Expression is {metadata['License-Expression']!r}, expected 'Apache-2.0'"
    if metadata["Requires-Python"] != ">=3.11":
        yield f"Requires-Python is {metadata['Requires-Python']!r}, expected '>=3.11'"
    for field in ("Summary", "Description-Content-Type", "Keywords", "Classifier"):
        if not metadata[field]:
            yield f"{field} is missing"
    readme = metadata.get_payload() or ""
    if len(readme.strip().splitlines()) < 10:
        yield "the README is too short to help anyone on a package index"
    for link in RELATIVE.findall(readme):
        yield f"the README's link {link[1:]} leads nowhere on a package index"
    for requirement in metadata.get_all("Requires-Dist", []):
        sibling = SIBLING.match(requirement)
        if sibling and not re.search(r">=[\d.]+", sibling[2]):
            yield f"{requirement}: a sibling is required by a range (>=0.1,<0.2)"
        if "==" in requirement.split(";")[0] or (not sibling and "<" in requirement.split(";")[0]):
            yield f"{requirement}: other libraries are required by lower bounds only"


def wheel_faults(path: Path) -> Iterator[str]:
    """Yield what is wrong with one wheel."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        info = next(name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info"))
        metadata = email.parser.Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        entry_points = archive.read(f"{info}/entry_points.txt").decode() if f"{info}/entry_points.txt" in names else ""
        licence = f"{info}/licenses/LICENSE"
        if licence not in names or "Apache License" not in archive.read(licence).decode():
            yield "the licence text is missing"
    package = metadata["Name"].replace("-", "_")
    yield from metadata_faults(metadata)
    if f"{package}/py.typed" not in names:
        yield "py.typed is missing, so type checkers ignore the annotations"
    for name in names:
        if UNWANTED.search(name) or not (name in OUTSIDE or name.startswith((f"{package}/", f"{info}/"))):
            yield f"{name} does not belong into a wheel"
    for module in re.findall(r"=\s*([\w.]+)", entry_points):
        stem = module.replace(".", "/")
        if module.startswith("nm") and f"{stem}.py" not in names and f"{stem}/__init__.py" not in names:
            yield f"an entry point names {module}, which is not in the wheel"


def archive_faults(path: Path) -> Iterator[str]:
    """Yield what is wrong with one source archive."""
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    for wanted in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO"):
        if wanted not in names:
            yield f"{wanted} is missing"
    if not any(name.startswith("tests/") for name in names):
        yield "the tests are missing"
    for name in sorted(names):
        golden = "/golden/" in name  # saved applications of released formats, which the tests read
        if "__pycache__" in name or name.endswith((".pyc", ".so", *(() if golden else (".safetensors", ".wav")))):
            yield f"{name} does not belong into a source archive"


def main() -> None:
    """Check every archive of the folder given and list all faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    wheels, archives = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    faults = [f"{path.name}: {fault}" for path in wheels for fault in wheel_faults(path)]
    faults += [f"{path.name}: {fault}" for path in archives for fault in archive_faults(path)]
    for kind, paths in (("wheel", wheels), ("source archive", archives)):
        found = {path.name.split("-")[0].replace("_", "-") for path in paths}
        faults += [f"{package}: no {kind} was built" for package in sorted(set(all_packages()) - found)]
    if faults:
        raise SystemExit("\n".join(faults))
    print(f"{len(wheels)} wheels and {len(archives)} source archives are as they should be")


if __name__ == "__main__":
    main()
