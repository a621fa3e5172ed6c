"""The file operations of a checkpoint's writer, in one class that tests replace to make disks fail."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

__all__ = ["Files", "Written"]


class Written(NamedTuple):
    """Size in bytes and sha256 of the bytes that were given for a file."""

    size: int
    sha256: str


class Files:
    """Durable file operations: the effect of each survives a crash of the machine once it has returned.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Files().write(Path(folder) / "state.json", [b"{}"]).size
        2
    """

    def make_directory(self, path: Path) -> None:
        """Make ``path`` and its missing parents, each of them durable."""
        missing = [parent for parent in (path, *path.parents) if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir()
            self.sync_directory(parent.parent)  # a directory is an entry of its parent, and durable only with it

    def write(self, path: Path, chunks: Iterable[bytes | memoryview]) -> Written:
        """Write a new file and sync it; the digest is that of the bytes given, not of what the disk took."""
        digest = hashlib.sha256()
        size = 0
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()  # fsync knows nothing of Python's own buffer
            self.sync(file.fileno())
        return Written(size, digest.hexdigest())

    def sync(self, descriptor: int) -> None:
        """Bring an open file's content to the disk."""
        os.fsync(descriptor)

    def sync_directory(self, path: Path) -> None:
        """Bring a directory's entries to the disk."""
        if os.name == "nt":  # Windows cannot open directories, and keeps its own journal of them.
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a directory, atomically."""
        source.rename(target)

    def remove(self, path: Path) -> None:
        """Remove a directory and all it holds."""
        shutil.rmtree(path)
