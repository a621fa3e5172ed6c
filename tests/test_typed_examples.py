"""The examples of pages that newcomers copy from pass mypy and pyright, page by page as one program."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("collections", "from-pytorch", "getting-started", "index")),
    ROOT / "docs" / "writing-a-module.md",
    *sorted(ROOT.glob("packages/*/README.md")),
]
PYTHON = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the Python of each page to a file of its own; return their folder."""
    folder = tmp_path_factory.mktemp("programs")
    for page in PAGES:
        blocks = PYTHON.findall(page.read_text(encoding="utf-8"))
        assert blocks, page
        name = "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_")
        (folder / f"{name}.py").write_text("\n".join(blocks), encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> None:
    """Run a type checker on every program, and hold that it finds nothing."""
    files = sorted(path.name for path in folder.glob("*.py"))
    done = subprocess.run(
        [sys.executable, "-m", *command, *files], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_examples_pass_mypy(programs: Path) -> None:
    """Strictly, as the packages themselves."""
    pytest.importorskip("mypy")
    cache = ROOT / ".mypy_cache"  # shared with the check of the packages, which takes as long
    run(programs, "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache))


def test_examples_pass_pyright(programs: Path) -> None:
    """With its standard settings, as editors have them."""
    pytest.importorskip("basedpyright")
    (programs / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard"}), encoding="utf-8")
    run(programs, "basedpyright", "--pythonpath", sys.executable)
