"""Folders of processes that were killed are removed by the next one, and those of living ones are not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nm_core.application.saved.temporary import TemporaryFolder

HOLD = "import time; from nm_core.application.saved.temporary import TemporaryFolder as T; f = T(); "
HOLD += "(f.path / 'weights').write_text('w'); print(f.path, flush=True); time.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_folder_of_a_killed_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Neither while its process lives, nor when it is new, but then."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    left = Path(process.stdout.readline().strip())
    lock = left.parent / "process.lock"
    os.utime(lock, (0, 0))

    TemporaryFolder().remove()
    assert (left / "weights").is_file()

    process.send_signal(number)
    process.wait()
    process.stdout.close()
    os.utime(lock)
    TemporaryFolder().remove()
    assert left.is_dir()
    os.utime(lock, (0, 0))
    TemporaryFolder().remove()
    assert not left.exists()
    assert not list(tmp_path.iterdir())
