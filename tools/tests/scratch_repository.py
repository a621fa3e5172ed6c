"""A small repository like this one, in a folder of its own: what tests of the tools write, commit and run there."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

PYPROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
dynamic = ["version"]
description = "A package for a test."
readme = "README.md"
requires-python = ">=3.11"
license = "Apache-2.0"
license-files = ["LICENSE"]
keywords = ["test"]
classifiers = ["Typing :: Typed"]
dependencies = {dependencies}

[tool.hatch.version]
source = "code"
path = "../../tools/version.py"
expression = "version_of('{name}')"

[tool.hatch.build.targets.wheel]
packages = ["src/{module}"]
"""


@dataclass(frozen=True)
class Repository:
    """A scratch repository and what tests do with it."""

    path: Path

    def write(self, name: str, text: str) -> None:
        """Write a file, with its folders."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")

    def package(self, name: str, *, dependencies: list[str]) -> None:
        """Write a package that passes every check."""
        module = name.replace("-", "_")
        folder = f"packages/{name}"
        self.write(f"{folder}/pyproject.toml", PYPROJECT.format(name=name, module=module, dependencies=dependencies))
        self.write(f"{folder}/README.md", f"# {name}\n" + "\nA line.\n" * 10)
        self.write(f"{folder}/CHANGELOG.md", f"# Changelog of {name}\n")
        self.write(f"{folder}/changes/first.added.md", "The first of all.\n")
        self.write(f"{folder}/src/{module}/__init__.py", '"""A package for a test."""\n')
        self.write(f"{folder}/src/{module}/py.typed", "")
        self.write(f"{folder}/tests/test_nothing.py", "")
        shutil.copy(ROOT / "LICENSE", self.path / folder / "LICENSE")

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        return subprocess.run(command, cwd=self.path, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str = "Change something") -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def tool(self, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of the tools that lie in the scratch repository."""
        command = [sys.executable, f"tools/{name}.py", *arguments]
        given = os.environ | environment
        return subprocess.run(command, cwd=self.path, check=False, capture_output=True, text=True, env=given)

    def version(self, package: str, **environment: str) -> str:
        """Return the version of a package as it stands."""
        return self.tool("version", package, **environment).stdout.strip()
