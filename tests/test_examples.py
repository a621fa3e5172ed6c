"""The examples that people copy work as they are."""

import subprocess
import sys
from pathlib import Path

import pytest

from nm_core import check_file
from nm_core.application.saved.document import read_document

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


@pytest.mark.parametrize("rate", [8000, 16000])
def test_one_parameter_changes_the_rate_of_the_digits(rate: int) -> None:
    """`--set sample_rate=16000` reaches the data, the front end and what comes from outside."""
    assert check_file(EXAMPLES / "digits.yaml", changes={"sample_rate": str(rate)}).ok


@pytest.mark.parametrize("file", ["digits", "translation"])
def test_each_part_of_a_model_is_connected_once(file: str) -> None:
    """Training, evaluation and inference use one graph as a module, and do not write it again."""
    entry = read_document(EXAMPLES / f"{file}.yaml").entry
    assert entry is not None
    calls = [call.module for graph in entry.graphs.values() for call in graph.calls]

    assert (calls.count("encoder"), calls.count("decoder")) == (1, 1)
