"""A lock keeps every other process and training out, and is free when its process is gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nm_core.runs.lock import FolderLock

HOLD = "import sys, pathlib, time; from nm_core.runs.lock import FolderLock as L; l = L(pathlib.Path(sys.argv[1])); "
HOLD += "print(l.acquire(), flush=True); time.sleep(60)"


def test_a_second_lock_is_refused_and_says_whose_the_first_is(tmp_path: Path) -> None:
    """Within one process, too; released, it can be had."""
    first, second = FolderLock(tmp_path / "run.lock"), FolderLock(tmp_path / "run.lock")

    assert first.acquire()
    assert not second.acquire(seconds=0)
    owner = second.owner()
    assert owner is not None
    assert owner.pid == os.getpid()
    assert second.is_held()
    first.release()
    assert not second.is_held()
    assert second.acquire(seconds=0)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    """While it lives its lock is held; SIGKILL frees it."""
    path = tmp_path / "run.lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    lock = FolderLock(path)

    assert not lock.acquire(seconds=0)
    owner = lock.owner()
    assert owner is not None
    assert owner.pid == process.pid
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert lock.acquire(seconds=0)
    process.stdout.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked on POSIX only")
def test_a_forked_worker_neither_frees_nor_keeps_the_lock(tmp_path: Path) -> None:
    """It lives on with a copy of its parent's files: the parent's lock holds, and is free once the parent gives it."""
    read, write = os.pipe()
    lock, other = FolderLock(tmp_path / "run.lock"), FolderLock(tmp_path / "run.lock")
    assert lock.acquire()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent closes the pipe
        os._exit(0)
    os.close(read)

    assert not other.acquire(seconds=0.2)
    lock.release()
    assert other.acquire(seconds=0)
    os.close(write)
    os.waitpid(child, 0)


def test_a_file_system_without_locks_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps nobody out, and says so."""

    def refuse(descriptor: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("nm_core.runs.lock._lock", refuse)
    lock = FolderLock(tmp_path / "run.lock")

    assert lock.acquire()
    assert lock.unsupported == "Function not implemented"
