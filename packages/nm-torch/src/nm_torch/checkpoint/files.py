"""Every touch of the file system that writing a checkpoint makes: one seam, where tests make disks fail."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

__all__ = ["Files", "Written"]


class Written(NamedTuple):
    """Size in bytes and sha256 of what was meant to be in a file."""

    size: int
    sha256: str


class Files:
    """Durable operations: when one returns, what it did survives a crash of the machine."""

    def make_directory(self, path: Path) -> None:
        """Make ``path`` and its missing parents, each of them durable."""
        missing = [parent for parent in (path, *path.parents) if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir()
            self.sync_directory(parent.parent)

    def write(self, path: Path, chunks: Iterable[bytes | memoryview]) -> Written:
        """Write a new file and sync it; the digest is that of the bytes given, not of what the disk took."""
        digest = hashlib.sha256()
        size = 0
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
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
        """Give a directory its new name, at once and wholly."""
        source.rename(target)

    def remove(self, path: Path) -> None:
        """Remove a directory and all it holds."""
        shutil.rmtree(path)
