"""`TemporaryFolder`: a folder for as long as a process needs it, which the next one removes if that was killed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from nm_core.runs.lock import FolderLock

_PREFIX = "nm-application-"
_LOCK = "process.lock"
_SECONDS = 60.0
"""The age from which a folder whose lock is free is left over, and not just being made."""


class TemporaryFolder:
    """A folder among the temporary files, locked by this process until `remove`.

    A process that is killed, by SIGTERM too, cannot remove its folder: whoever makes the next one does.

    Attributes:
        path: the folder, empty at first.

    Example:
        >>> folder = TemporaryFolder()
        >>> folder.path.is_dir()
        True
        >>> folder.remove()
        >>> folder.path.exists()
        False
    """

    def __init__(self) -> None:
        _remove_leftovers()
        self._outer = Path(mkdtemp(prefix=_PREFIX))
        self._lock = FolderLock(self._outer / _LOCK)
        self._lock.acquire()
        self.path = self._outer / "files"
        self.path.mkdir()

    def remove(self) -> None:
        """Remove the folder, as far as the system lets it be removed."""
        shutil.rmtree(self._outer, ignore_errors=True)
        self._lock.release()


def _remove_leftovers() -> None:
    for lock_path in Path(gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            old = time.time() - lock_path.stat().st_mtime > _SECONDS
            lock = FolderLock(lock_path)
            # Of another user, it cannot be opened, and is not ours to remove.
            if old and lock.acquire(seconds=0):
                if not lock.unsupported:
                    shutil.rmtree(lock_path.parent, ignore_errors=True)
                lock.release()
        except OSError:
            continue
