"""The files of a new package from templates, which are files beside this one with ``$names`` in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from types import MappingProxyType

from nm_core.scaffold.author import Author
from nm_core.scaffold.names import Names
from nm_core.testing import SUITE

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

LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause")
"""The licences whose texts are at hand, by their SPDX identifiers."""


def render(
    names: Names, *, requirements: Sequence[str], licence: str, author: Author | None, year: int
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
    return {Template(path).substitute(values): _filled(name, values) for path, name in templates.items()}


def _filled(name: str, values: Mapping[str, str]) -> str:
    place = files("nm_core.scaffold").joinpath("template", *f"{name}.template".split("/"))
    return Template(place.read_text(encoding="utf-8")).substitute(values)
