"""The scratch repository that tests of the tools begin with."""

import shutil
from pathlib import Path

import pytest

from scratch_repository import ROOT, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one commit and no tag."""
    made = Repository(tmp_path / "repository")
    made.package("nm-types", dependencies=[])
    made.package("nm-core", dependencies=["nm-types>=0.1,<0.2"])
    shutil.copytree(ROOT / "tools", made.path / "tools", ignore=shutil.ignore_patterns("__pycache__", "tests"))
    made.write("constraints.txt", "")
    made.write(".gitignore", "__pycache__/\n/dist/\nbuild/\n")
    made.git("init", "--quiet")
    made.git("config", "user.name", "A Maintainer")
    made.git("config", "user.email", "maintainer@example.org")
    made.commit("Begin")
    return made
