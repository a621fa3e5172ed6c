"""The runs below a folder, and the facts of each as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nm_core.runs.folder import EARLIER, RunFolder

_DEPTH = 3


def find_runs(folder: Path) -> list[RunFolder]:
    """Return the runs in a folder and below it, the one that was written last first."""
    return sorted(_walk(Path(folder), _DEPTH), key=lambda run: (-run.last_written(), str(run.path)))


def is_run(folder: RunFolder) -> bool:
    """Tell whether a folder is that of a run, of an older version too."""
    return folder.record_path.is_file() or folder.has_checkpoints() or (folder.application / "manifest.json").is_file()


def run_facts(run: RunFolder) -> dict[str, Any]:
    """Return the facts of a run as data of JSON; what nobody wrote down is null."""
    record = run.record()
    names = ("process", "started", "written", "reason", "update", "epoch", "samples", "losses", "scores", "best")
    facts = dict.fromkeys(names) if record is None else {name: record.to_dict()[name] for name in names}
    if record is None:
        facts["written"] = datetime.fromtimestamp(run.last_written(), UTC).isoformat(timespec="seconds")
    return {
        "folder": str(run.path),
        "state": run.state(),
        **facts,
        "application_file": None if record is None or record.application is None else record.application.get("file"),
        "checkpoints": [path.name for path in run.checkpoint_paths()],
        "application": str(run.application) if run.application.is_dir() else None,
        "log": str(run.log_path) if run.log_path.is_file() else None,
        "size": run.size(),
    }


def _walk(folder: Path, depth: int) -> Iterator[RunFolder]:
    run = RunFolder(folder)
    inside = is_run(run)
    if inside:
        yield run
    if depth == 0:
        return
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return
    for path in folders:
        # In a run there are no other runs but those that it has moved aside.
        if not path.name.startswith(".") and (not inside or path.name.startswith(f"{EARLIER}-")):
            yield from _walk(path, depth - 1)
