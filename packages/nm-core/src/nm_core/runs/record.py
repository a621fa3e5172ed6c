"""`RunRecord`: the facts of a run that stand in its `run.json`, and `Process`, who wrote them."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from nm_core.json_text import plain_data, to_json

FORMAT = "nm-run/1"
STATES = ("running", "finished", "interrupted", "failed")


def now() -> str:
    """Return the time as it stands in files: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def local_time(time: str) -> str:
    """Return a time of a file as people read it, in their time zone; as it is where it is none."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return time


@dataclass(frozen=True)
class Process:
    """A process at work in a folder.

    Attributes:
        pid, host: its number and the machine.
        since: when it came.

    Example:
        >>> print(Process(4711, "gpu7", "2026-01-02T10:00:00"))
        process 4711 on gpu7 since 2026-01-02 10:00:00
    """

    pid: int
    host: str
    since: str

    @classmethod
    def this(cls) -> Process:
        """Return this process, coming now."""
        return cls(os.getpid(), socket.gethostname(), now())

    @classmethod
    def from_dict(cls, data: Any) -> Process:
        """Read what `to_dict` gave.

        Raises:
            ValueError: it is something else.
        """
        try:
            return cls(int(data["pid"]), str(data["host"]), str(data["since"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no process: {error!r}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"pid": self.pid, "host": self.host, "since": self.since}

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {local_time(self.since)}"


@dataclass(frozen=True)
class RunRecord:
    """The facts of a run, kept up to date while it trains.

    Attributes:
        state: "running", "finished", "interrupted" or "failed".
        process: who trains, or trained last.
        opening: a text that is new whenever a process begins to train in the folder.
        started, written: when the run began and when this was last written, in UTC.
        reason: how the last training ended, in the words of its result.
        application: the file and the digest of the application, where the run has one.
        update, epoch, samples: how far the training is.
        losses: as of the last log point.
        scores: `{"dev.wer": {"value": 0.12, "update": 120}}`, the newest of each name.
        best: the best value of the score by which checkpoints are kept, with `metric`, `mode`, `value` and `update`.
        checkpoint: `{"path": ..., "update": 120}`, the newest one, relative to the folder.
        saved: the applications that the run has saved outside of its folder: absolute path to `fingerprint`.

    Example:
        >>> record = RunRecord("running", Process(4711, "gpu7", "2026-01-02T10:00:00"), update=120)
        >>> RunRecord.from_dict(record.to_dict()).update
        120
    """

    state: str
    process: Process
    opening: str = field(default_factory=lambda: token_hex(8))
    started: str = field(default_factory=now)
    written: str = field(default_factory=now)
    reason: str | None = None
    application: Mapping[str, str] | None = None
    update: int = 0
    epoch: int = 0
    samples: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    best: Mapping[str, Any] | None = None
    checkpoint: Mapping[str, Any] | None = None
    saved: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Any) -> RunRecord:
        """Read what `to_dict` gave; what a later version has written besides is left out.

        Raises:
            ValueError: it is no record of a run.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("state") not in STATES:
            raise ValueError(f"it is no record of a run of the form {FORMAT}")
        values = {declared.name: data[declared.name] for declared in fields(cls) if declared.name in data}
        values["process"] = Process.from_dict(values.get("process"))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as data of JSON; a number that is not finite becomes null."""
        values = {declared.name: plain_data(getattr(self, declared.name)) for declared in fields(self)}
        return {"format": FORMAT} | values


def fingerprint(path: Path) -> str | None:
    """Return the sha256 of what was saved at a path: of an archive, or of the manifest of a folder; None without."""
    try:
        with (path / "manifest.json" if path.is_dir() else path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def read_record(path: Path) -> RunRecord | None:
    """Read a record; None where there is none, or nothing that can be read as one."""
    try:
        return RunRecord.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None


def write_record(path: Path, record: RunRecord, *, sync: bool = False) -> None:
    """Replace a record at once, so that whoever reads it sees the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}-{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(to_json(record.to_dict(), indent=2) + "\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
