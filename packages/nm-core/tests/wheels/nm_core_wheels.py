"""Third-party distributions for tests: real wheels, written without a build, and fresh environments to install them."""

import base64
import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_SETTINGS = ("NM_COLLECTIONS", "NM_DISABLE", "NM_PREFER", "COLUMNS")
_WHEEL = "Wheel-Version: 1.0\nGenerator: nm-core-tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class Wheel:
    """A distribution: its name, its files, the collections that it declares, and what it requires."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    version: str = "1.0"

    def write(self, folder: Path) -> Path:
        """Write the wheel into a folder; the same distribution is the same file to the last byte."""
        stem = f"{self.name.replace('-', '_')}-{self.version}"
        points = "".join(f"{name} = {target}\n" for name, target in self.collections.items())
        fields = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}", f"Summary: {self.name}."]
        fields += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        files = {
            **self.files,
            f"{stem}.dist-info/METADATA": "\n".join(fields) + "\n",
            f"{stem}.dist-info/WHEEL": _WHEEL,
            f"{stem}.dist-info/entry_points.txt": f"[nm.collections]\n{points}",
        }
        record = "".join(f"{path},{_hash(text)},{len(text.encode())}\n" for path, text in files.items())
        files[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n"
        path = folder / f"{stem}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name), text)  # an entry of its own accord is of 1980
        return path


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Environment:
    """A fresh virtual environment that sees the packages under test where the test runner has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, symlinks=os.name == "posix")
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = scripts / "python"
        paths = {"base": str(folder), "platbase": str(folder)}
        self.site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
        theirs = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        lines = [f"import site; site.addsitedir({path!r})" for path in sorted(theirs)]  # its own .pth files count, too
        (self.site / "the_test_runner.pth").write_text("\n".join(lines) + "\n")

    def install(self, *wheels: Wheel) -> None:
        """Let pip install wheels, without looking anywhere else."""
        files = [wheel.write(self.folder) for wheel in wheels]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        subprocess.run([*pip, "--no-index", "--no-deps", "--target", self.site, *files], check=True)

    def nmod(self, *arguments: str, **settings: str) -> Ended:
        """Run the command in the environment; ``settings`` are environment variables."""
        environ = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        done = subprocess.run(
            [self.python, "-m", "nm_core.cli", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**environ, "PYTHONIOENCODING": "utf-8", **settings},
            cwd=self.folder,
            timeout=60,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
