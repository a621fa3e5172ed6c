"""Processes are started through torchrun, and how they end is how the launcher ends."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

END = """
import os, sys, time
if os.environ["RANK"] == "1":
    {ending}
time.sleep(60)
"""


def launched(tmp_path, ending: str) -> subprocess.CompletedProcess[str]:
    """Start two processes of which the second ends at once; the first would wait for a minute."""
    script = tmp_path / "end.py"
    script.write_text(END.format(ending=ending))
    command = [sys.executable, "-m", "nm_torch.launch", "--standalone", "--nproc-per-node=2", str(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("print('what went wrong', file=sys.stderr); sys.exit(3)", 3, "what went wrong\n"),
        (
            "os.kill(os.getpid(), 9)",
            137,
            "The process of rank 1 was killed by SIGKILL; the others were stopped.\n"
            "  The machine may have run out of memory.\n",
        ),
    ],
)
def test_the_launcher_ends_as_its_first_failing_process(tmp_path, ending, code, said) -> None:
    """One failing process stops the others, its exit code is the launcher's, and nobody prints a traceback."""
    done = launched(tmp_path, ending)

    assert done.returncode == code
    assert done.stderr.endswith(said)
    assert "Traceback" not in done.stderr
