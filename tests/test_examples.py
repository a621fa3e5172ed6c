"""The examples that people copy work as they are."""

import subprocess
import sys
from pathlib import Path

import pytest

from nm_core import check_file

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("**/*.yaml")), ids=lambda path: path.stem)
def test_an_application_has_no_problems(file: Path) -> None:
    """`nmod check` finds nothing to say about an example."""
    assert check_file(file).ok


@pytest.mark.slow
def test_the_quickstart_runs_to_its_end(tmp_path: Path) -> None:
    """With little data it learns nothing, yet draws, trains, measures, saves and transcribes."""
    program = EXAMPLES / "quickstart" / "quickstart.py"
    command = [sys.executable, program, "--folder", tmp_path, "--epochs", "1", "--utterances", "64"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "NM108" in done.stdout
    assert "word error rate" in done.stdout
    assert (tmp_path / "train.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (tmp_path / "application" / "application.json").exists()
