"""`open_run`: take the folder of a run for this process, or refuse; `OpenRun` keeps its record up to date."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nm_core.runs.errors import RunError, RunExistsError, RunLockedError, RunWriteError
from nm_core.runs.folder import RunFolder
from nm_core.runs.record import Process, RunRecord, fingerprint, local_time, now, write_record


class OpenRun:
    """The folder of a run while this process has it.

    Attributes:
        folder: where it is.
        record: its facts, as they were last written.
        notes: what the user should know: an earlier run that was moved, a file system without locks.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, open_run(Path(folder) / "first") as run:
        ...     run.update(update=120)
        ...     run.folder.record().update
        120
    """

    def __init__(self, folder: RunFolder, record: RunRecord, notes: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.record = record
        self.notes = notes
        self.error = ""
        """Why the record could not be written the last time, if so."""

    def update(self, *, sync: bool = False, **facts: Any) -> None:
        """Change facts of the record, by the names of its attributes; a disk that refuses is no reason to end."""
        self.record = replace(self.record, **facts, written=now())
        self.error = ""
        try:
            write_record(self.folder.record_path, self.record, sync=sync)
        except OSError as error:
            self.error = error.strerror or str(error)

    def note_saved(self, path: Path) -> None:
        """Remember what the run has saved outside of its folder, so that it may replace it when it goes on."""
        path = path.resolve()
        value = fingerprint(path)
        if value is not None and path != self.folder.application.resolve():
            self.update(saved={**self.record.saved, str(path): value})


@contextmanager
def open_run(
    path: Path,
    *,
    resume: str | Path | bool | None = None,
    restart: bool = False,
    opening: str | None = None,
    application: Mapping[str, str] | None = None,
) -> Iterator[OpenRun]:
    """Take the folder of a run for as long as the block lasts, and write that it is running.

    What a training writes there is tried first, so that a folder that cannot be written is found out at once.

    Args:
        path: the folder; made with its parents where it is missing.
        resume: go on with the run that is there: True or "auto", or a checkpoint inside of it.
        restart: begin anew; the run that is there is moved to a numbered folder in it.
        opening: that of a record which the caller has written itself; it goes on without `resume`.
        application: the file and the digest of the application that is trained.

    Raises:
        RunLockedError: another process has it, or another training of this one.
        RunExistsError: it holds a run, and neither `resume` nor `restart` says what becomes of it.
        RunWriteError: it cannot be written.
    """
    folder = RunFolder(Path(path))
    lock = folder.lock
    with _translate_errors(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
        acquired = lock.acquire()
    if not acquired:
        raise _locked_error(folder, lock.owner())
    try:
        with _translate_errors(folder.path):
            run = _begin(folder, resume, restart, opening, application, lock.unsupported)
        state = "failed"
        try:
            yield run
            state = "finished"
        except KeyboardInterrupt:
            state = "interrupted"
            raise
        finally:
            if run.record.state == "running":  # nothing else has said how it ended
                run.update(state=state, sync=True)
    finally:
        lock.release()


def _begin(
    folder: RunFolder,
    resume: str | Path | bool | None,
    restart: bool,
    opening: str | None,
    application: Mapping[str, str] | None,
    unsupported: str,
) -> OpenRun:
    """Decide what becomes of the run that is there, try what will be written, and write the record."""
    record, notes = folder.record(), []
    unreadable = record is None and folder.record_path.is_file()
    if folder.holds_run() and not (record is not None and record.opening == opening and not restart):
        if restart:
            notes.append(f"The run that was in {folder.path} is now in {folder.move_aside()}.")
            record = None
        else:
            _check_resume(folder, record, resume)
    elif restart:
        record = None
    if unreadable and folder.record_path.is_file():  # a restart has moved it
        kept = folder.record_path.with_suffix(".unreadable")
        folder.record_path.replace(kept)
        notes.append(f"{folder.record_path} is no record that this version reads; it is kept as {kept.name}.")
    if unsupported:
        notes.append(
            f"{folder.path} cannot be locked ({unsupported}): see that no other process trains into it meanwhile."
        )
    _try_parts(folder)
    process = Process.this()
    if record is None:
        record = RunRecord("running", process, application=application)
    else:
        fresh = RunRecord("running", process)
        record = replace(
            record, state="running", process=process, opening=fresh.opening, reason=None, application=application
        )
    write_record(folder.record_path, record)
    return OpenRun(folder, record, tuple(notes))


def _check_resume(folder: RunFolder, record: RunRecord | None, resume: str | Path | bool | None) -> None:
    """Refuse to write into a folder that holds a run, unless that run goes on.

    Raises:
        RunExistsError: it does not.
    """
    if resume in (None, False):
        raise RunExistsError(_exists_message(folder, record))
    if resume is True or str(resume) == "auto":
        if folder.has_checkpoints() or not folder.application.exists():
            return
        raise RunExistsError(
            f"{folder.path} holds a run without checkpoints, so there is nothing to resume from, and its application"
            f" would be overwritten.\n{_ways_out(folder, resume=False)}"
        )
    inside = folder.path.resolve() in Path(str(resume)).resolve().parents
    if not inside:
        raise RunExistsError(
            f"{folder.path} holds a run, and {resume} is a checkpoint of another one, which would go on in its place.\n"
            f"  To go on from it: name another folder, --work-dir {folder.free_neighbour()}"
            f' (in Python work_dir="{folder.free_neighbour()}").'
        )


def _exists_message(folder: RunFolder, record: RunRecord | None) -> str:
    facts = f" ({_describe(record)})" if record is not None else ""
    return f"{folder.path} holds a run already{facts}.\n{_ways_out(folder)}"


def _ways_out(folder: RunFolder, *, resume: bool = True) -> str:
    free = folder.free_neighbour()
    lines = ["  To go on from its newest checkpoint: --resume (in Python resume=True)."] if resume else []
    lines += [
        f"  To begin anew: --restart (restart=True); what is there is moved to {folder.free_earlier()}.",
        f'  To keep both apart: another folder, --work-dir {free} (work_dir="{free}").',
    ]
    return "\n".join(lines)


def _describe(record: RunRecord) -> str:
    """Say in one line how far a run is: its state, update, scores and when it was written."""
    scores = [f"{name} {entry.get('value')}" for name, entry in record.scores.items()]
    # Asked by who has the lock: nobody else is at work.
    state = "killed" if record.state == "running" else record.state
    facts = [f"{state} at update {record.update}", *scores]
    process = f"process {record.process.pid} on {record.process.host}"
    return f"{', '.join(facts)}, written {local_time(record.written)} by {process}"


def _locked_error(folder: RunFolder, owner: Process | None) -> RunLockedError:
    who = "another process" if owner is None else str(owner)
    if owner is not None and (owner.pid, owner.host) == (os.getpid(), Process.this().host):
        who = f"this process ({owner.pid}), in another training since {local_time(owner.since)}"
    free = folder.free_neighbour()
    return RunLockedError(
        f"{folder.path} is in use by {who}.\n"
        f'  Wait for it or stop it, or train into another folder: --work-dir {free} (in Python work_dir="{free}").'
    )


def _try_parts(folder: RunFolder) -> None:
    """Try what a training writes into its folder, at its end too.

    Raises:
        OSError: something cannot be written.
    """
    for directory in (folder.checkpoints, folder.application):
        if os.path.lexists(directory) and not directory.is_dir():
            raise FileExistsError(0, "a file is in the way of a folder", str(directory))
    for directory in (folder.path, folder.checkpoints):
        if directory.is_dir():
            probe = directory / f".probe-{os.getpid()}"
            with contextlib.suppress(FileExistsError):
                probe.mkdir()
            probe.rmdir()
    with folder.log_path.open("a", encoding="utf-8"):
        pass


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except RunError:
        raise
    except OSError as error:
        where = error.filename or path
        raise RunWriteError(
            f"{path} cannot be the folder of a run: {where}: {error.strerror or error}. Nothing was trained.\n"
            "  Make room or change its rights, or train into another folder: --work-dir PATH (in Python work_dir)."
        ) from error
