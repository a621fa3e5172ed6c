"""The files of a new package: rendered from the templates beside this file, and written together or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from types import MappingProxyType

from nm_core.plugins.declarations import SUITE
from nm_core.scaffold.author import Author
from nm_core.scaffold.collection_names import CollectionNames
from nm_core.scaffold.errors import ScaffoldError
from nm_core.scaffold.recipe import Content

FILES: Mapping[str, str] = MappingProxyType(
    {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "CHANGELOG.md": "CHANGELOG.md",
        "tox.ini": "tox.ini",
        ".gitignore": "gitignore",
        "src/$package/__init__.py": "init.py",
        "src/$package/_collection.py": "collection.py",
        "src/$package/examples.py": "examples.py",
        "src/$package/gated_convolution.py": "gated_convolution.py",
        "src/$package/tags.py": "tags.py",
        "src/$package/py.typed": "py.typed",
        "tests/test_gated_convolution.py": "test_gated_convolution.py",
        "tests/test_tags.py": "test_tags.py",
    }
)
"""The places of a package's files, and the template of each."""

_ALLOWED = frozenset({".git"})
"""Entries of a folder that counts as empty: a repository was made, and nothing is in it yet."""

LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause")
"""The licences whose texts are at hand, by their SPDX identifiers."""


def render(
    names: CollectionNames, *, requirements: Sequence[str], licence: str, author: Author | None, year: int
) -> dict[str, str]:
    """Return the files of a new collection, path to text.

    Args:
        names: what the collection is called.
        requirements: what its package requires.
        licence: one of ``LICENCES``.
        author: who writes it; without one, its authors are named as a group.
        year: the year of the licence.
    """
    author = author or Author(f"The authors of {names.distribution}")
    values = {
        "collection": names.collection,
        "distribution": names.distribution,
        "package": names.package,
        "requirements": ", ".join(map(json.dumps, requirements)),
        "licence": licence,
        "author": author.toml(),
        "suite": str(SUITE),
        "holder": author.name,
        "year": str(year),
    }
    templates = {**FILES, "LICENSE": f"licences/{licence}"}
    return {Template(path).substitute(values): _fill_template(name, values) for path, name in templates.items()}


def _fill_template(name: str, values: Mapping[str, str]) -> str:
    template = files("nm_core.scaffold").joinpath("template", *f"{name}.template".split("/"))
    return Template(template.read_text(encoding="utf-8")).substitute(values)


def write(files: Mapping[str, Content], folder: Path) -> None:
    """Write files, path to content, into a folder that is empty or not there yet.

    They are written to a temporary folder beside it and then moved, so nothing is ever half-written.

    Raises:
        ScaffoldError: the folder is a file, or holds something.
        OSError: it cannot be written there.
    """
    folder = folder.resolve()
    beside = check_free(folder)
    # on the same file system as the folder, so that moving is renaming
    with tempfile.TemporaryDirectory(prefix=".nmod-new-", dir=beside) as temporary:
        package = Path(temporary, folder.name)
        for path, content in files.items():
            target = package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # bytes, not text: the same on every system, since some tools read no \r\n
            pieces = [content.encode()] if isinstance(content, str) else content
            with target.open("wb") as file:
                file.writelines([pieces] if isinstance(pieces, bytes) else pieces)
        if folder.exists():
            _move_into(package, folder)
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            package.rename(folder)


def check_free(folder: Path) -> Path:
    """Check that a folder is empty or not there yet, and return the nearest folder above it that is there.

    Raises:
        ScaffoldError: the folder is a file, or holds something.
    """
    beside = next(parent for parent in folder.parents if parent.exists())
    for path in (beside, folder):
        if path.exists() and not path.is_dir():
            raise ScaffoldError(f"{path} is a file, not a folder.\n  Name another place: --folder DIR")
    entries = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if set(entries) - _ALLOWED:
        shown = ", ".join(entries[:3]) + (f" and {len(entries) - 3} more" if entries[3:] else "")
        raise ScaffoldError(
            f"{folder} is not empty: it holds {shown}.\n"
            "  Nothing was written, so nothing of yours is lost. Name another place: --folder DIR"
        )
    return beside


def _move_into(package: Path, folder: Path) -> None:
    """Move all entries into a folder, which stays what it was if one of them cannot be moved."""
    moved: list[Path] = []
    try:
        for entry in sorted(package.iterdir()):
            moved.append(entry.rename(folder / entry.name))
    # an interrupt, too, leaves nothing half-written
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
