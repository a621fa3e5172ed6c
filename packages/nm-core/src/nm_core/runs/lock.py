"""`FolderLock`: a file that one process at a time has locked; the system frees it when that process dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
import weakref
from pathlib import Path

from nm_core.runs.record import Process

_RETRY_SECONDS = 0.05
_UNSUPPORTED = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}
"""The errors of file systems that have no locks."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # a locked byte cannot be read, and the owner stands at the start
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The lock of a folder, held from `acquire` to `release` or to the death of the process.

    The file stays when the lock is released: removing it would let two processes hold locks on two files of one name.

    Attributes:
        unsupported: why the file system cannot lock; empty where it can. The lock then keeps nobody out.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first, second = FolderLock(Path(folder) / "run.lock"), FolderLock(Path(folder) / "run.lock")
        ...     print(first.acquire(), second.acquire(seconds=0), second.owner().pid == os.getpid())
        ...     first.release()
        True False True
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unsupported = ""
        self._descriptor: int | None = None

    def acquire(self, *, seconds: float = 0.5) -> bool:
        """Take the lock and write down whose it is; return whether it was free within some seconds.

        Raises:
            OSError: the file cannot be opened.
        """
        # Long enough for a process that only looks whether the lock is held, see `is_held`.
        deadline = time.monotonic() + seconds
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_RETRY_SECONDS)
        assert self._descriptor is not None
        self._close_in_forks()
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, json.dumps(Process.this().to_dict()).encode())
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def owner(self) -> Process | None:
        """Return the process that holds the lock, or held it last, as far as the file says."""
        try:
            return Process.from_dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def is_held(self) -> bool:
        """Tell whether a living process has the lock."""
        if self._descriptor is not None:
            return True
        if not self.path.is_file():
            return False
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except OSError:
            return False
        try:
            _lock(descriptor)
        except OSError as error:
            return error.errno not in _UNSUPPORTED
        finally:
            os.close(descriptor)
        return False

    def _try(self) -> bool:
        """Open the file and lock it, if nobody has."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                os.close(descriptor)
                return False
            self.unsupported = error.strerror or str(error)
        self._descriptor = descriptor
        return True

    def _close_in_forks(self) -> None:
        # A worker that reads data is forked with its parent's files, and may outlive a parent that was killed: the
        # lock, which belongs to the open file, would outlive it too. Closing a copy leaves the parent's lock alone.
        if hasattr(os, "register_at_fork"):
            lock = weakref.WeakMethod(self.release)  # what is registered stays for ever

            def release() -> None:
                if (inherited := lock()) is not None:
                    inherited()

            os.register_at_fork(after_in_child=release)
