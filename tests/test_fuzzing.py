"""What comes from outside ends in a result or in an error of our own, whatever it is.

`python tests/fuzzing --help` runs longer campaigns, and repeats a case.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FUZZING = Path(__file__).parent / "fuzzing"
PIECE = 600
"""Seconds of one run of the proof; with the file of its state in NM_FUZZ_STATE it goes on where the last run ended."""


def fuzz(*words: str) -> None:
    """Run a campaign in a process of its own; it ends with 0 when no case is a fault."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(FUZZING), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " cases in " in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    [
        *("audio", "checkpoints", "command-lines", "manifests"),
        *("saved-applications", "text-files", "training-options", "values"),
    ],
)
def test_no_input_ends_in_an_unforeseen_error(target: str, tmp_path: Path) -> None:
    """Forty damaged inputs of each kind: read, refused with a message, or an exit code that is documented."""
    fuzz("--cases", "40", "--seconds", "120", "--state", str(tmp_path / "state.json"), target)


@pytest.mark.proof
def test_a_campaign_finds_nothing(tmp_path: Path) -> None:
    """Ten minutes more of all of them."""
    state = os.environ.get("NM_FUZZ_STATE", str(tmp_path / "state.json"))

    fuzz("--seconds", str(PIECE), "--state", state)
