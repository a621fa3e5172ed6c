"""`RunFolder`: the places in the folder of a run, and what it holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nm_core.runs.lock import FolderLock
from nm_core.runs.record import RunRecord, read_record

RECORD = "run.json"
EARLIER = "earlier"
_PARTS = ("checkpoints", "application", "log.jsonl", "metrics.jsonl", "tensorboard", RECORD)
"""The names of what a run writes into its folder; the record last, since it is what makes the folder that of a run."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run; looking at it changes nothing.

    Example:
        >>> run = RunFolder(Path("runs/digits"))
        >>> run.checkpoints.as_posix(), run.log_path.name, run.holds_run()
        ('runs/digits/checkpoints', 'log.jsonl', False)
    """

    path: Path

    @property
    def record_path(self) -> Path:
        """The file with the facts of the run."""
        return self.path / RECORD

    @property
    def log_path(self) -> Path:
        """The file with its log, a line of JSON for each event."""
        return self.path / "log.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of its checkpoints."""
        return self.path / "checkpoints"

    @property
    def application(self) -> Path:
        """The application that it saves at its end."""
        return self.path / "application"

    @property
    def lock(self) -> FolderLock:
        """A lock on the folder, not yet taken."""
        return FolderLock(self.path / "run.lock")

    def record(self) -> RunRecord | None:
        """Return the facts of the run, or None where nothing can be read as such."""
        return read_record(self.record_path)

    def state(self) -> str | None:
        """Return its state: that of the record, or "killed" where nobody works on what should be running."""
        record = self.record()
        if record is None:
            return None
        return "killed" if record.state == "running" and not self.lock.is_held() else record.state

    def checkpoint_paths(self) -> list[Path]:
        """Return its checkpoints by name, the oldest first."""
        try:
            return sorted(path for path in self.checkpoints.iterdir() if not path.name.startswith("."))
        except OSError:
            return []

    def has_checkpoints(self) -> bool:
        """Tell whether there is a checkpoint to go on from."""
        return bool(self.checkpoint_paths())

    def holds_run(self) -> bool:
        """Tell whether something of a run is here that another one would overwrite; its log alone is not."""
        record = self.record()
        # The application alone, too: versions before 0.2 wrote no record.
        return self.has_checkpoints() or self.application.is_dir() or (record is not None and record.update > 0)

    def last_written(self) -> float:
        """Return when something in it was last written, in seconds since 1970."""
        paths = [self.path / part for part in _PARTS]
        times = [path.stat().st_mtime for path in [*paths, *self.checkpoint_paths()] if path.exists()]
        return max(times, default=0.0)

    def size(self) -> int:
        """Return the bytes of all files in it."""
        size = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                try:
                    size += os.lstat(os.path.join(folder, name)).st_size
                except OSError:  # a file that a living run has just removed
                    continue
        return size

    def free_neighbour(self) -> Path:
        """Return a folder beside this one that is not there yet: runs/digits-2."""
        path = self.path.resolve() if self.path.name in ("", "..") else self.path
        number = 2
        while (free := path.with_name(f"{path.name}-{number}")).exists():
            number += 1
        return free

    def free_earlier(self) -> Path:
        """Return the folder in this one to which `move_aside` moves a run: earlier-1."""
        number = 1
        while (free := self.path / f"{EARLIER}-{number}").exists():
            number += 1
        return free

    def move_aside(self) -> Path:
        """Move what the run wrote to a numbered folder in this one, and return that; nothing is removed.

        Only what runs write is moved: the folder may hold files of the user, too.

        Raises:
            OSError: it cannot be moved.
        """
        earlier = self.free_earlier()
        earlier.mkdir()
        for part in _PARTS:
            if os.path.lexists(self.path / part):
                (self.path / part).rename(earlier / part)
        return earlier
