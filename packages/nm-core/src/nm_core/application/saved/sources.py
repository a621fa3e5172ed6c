"""The saved application or checkpoint that a path means: itself, or one in the folder of a run or of checkpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nm_core.application.saved.archive import is_archive
from nm_core.application.saved.folder import APPLICATION, MANIFEST, is_saved_application
from nm_core.callbacks.retention import Retention
from nm_core.errors import ApplicationError

STATE = "state.json"
"""The record of a checkpoint: the application that wrote it, and its weights that have two names."""
CHECKPOINTS = "checkpoints"
"""Where a run's folder has its checkpoints; beside it `application` is what was saved."""
_NAME = re.compile(r"(\d{6,})-step-\d+")
# What a file that is damaged, or of another program, may raise while it is read.
_DAMAGE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """A saved application or a checkpoint.

    Attributes:
        path: its folder or archive.
        note: how it was chosen, where the path that was named is not its own; else empty.

    Example:
        >>> WeightsSource(Path("runs/digits/application")).note
        ''
    """

    path: Path
    note: str = ""


def is_checkpoint(path: Path) -> bool:
    """Tell whether a folder is a checkpoint."""
    return (path / MANIFEST).is_file() and (path / STATE).is_file() and not (path / APPLICATION).exists()


def find_source(path: Path) -> WeightsSource | None:
    """Return the saved application or checkpoint that a path means, or None.

    Of a run's folder it is the application that was saved there; without one, and of a folder of checkpoints, it is
    the best checkpoint by the score that the run watched, else the newest.
    """
    if is_archive(path):
        return WeightsSource(path) if path.is_file() else None
    if not path.is_dir():
        return None
    if (path / MANIFEST).is_file():
        return WeightsSource(path)
    application = path / "application"
    if is_saved_application(application):
        return WeightsSource(
            application, f"{path} is the folder of a run; {application} is taken, which was saved there"
        )
    checkpoints = find_checkpoints(path) or find_checkpoints(path / CHECKPOINTS)
    return _choose(path, checkpoints) if checkpoints else None


def find_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, oldest first."""
    if not folder.is_dir():
        return []
    names = {path: _NAME.fullmatch(path.name) for path in folder.iterdir() if is_checkpoint(path)}
    numbers = {path: int(match[1]) for path, match in names.items() if match is not None}
    return sorted(numbers, key=lambda path: numbers[path])


def read_record(checkpoint: Path) -> Mapping[str, Any]:
    """Return the record of the application that wrote a checkpoint: its file, folder and structure.

    Raises:
        ApplicationError: the training was of graphs made in Python, or the record is damaged.
    """
    try:
        record = json.loads((checkpoint / STATE).read_bytes())["application"]
        structure = None if record is None else record["structure"]
    except _DAMAGE as error:
        raise ApplicationError(f"{checkpoint / STATE} cannot be read: {error!r}.") from error
    if structure is None:
        raise ApplicationError(
            f"{checkpoint} is a checkpoint of graphs that were made in Python: it has weights, and no application.\n"
            "  Go on from it with factory.train(..., resume=PATH), take its weights with init_from, or save the graphs"
            " with\n  nf.save."
        )
    return dict(record)


def base_of(record: Mapping[str, Any], checkpoint: Path) -> Path:
    """Return the folder to which the paths of a checkpoint's application are relative, wherever it has moved to."""
    file = str(record.get("file", ""))
    recorded = [Path(record["folder"])] if isinstance(record.get("folder"), str) else []
    # A project that was moved has its file still above its runs.
    around = [*recorded, *([] if recorded else [Path(file).parent]), *checkpoint.resolve().parents]
    return next((folder for folder in around if file and (folder / Path(file).name).exists()), around[0])


def _choose(path: Path, checkpoints: list[Path]) -> WeightsSource:
    metric, mode = _watched(checkpoints[-1])
    scores: dict[Path, float] = {}
    for checkpoint in checkpoints if metric is not None else ():
        try:
            score = json.loads((checkpoint / MANIFEST).read_bytes())["scores"].get(metric)
        except _DAMAGE:
            continue
        if isinstance(score, int | float):  # one that is not finite is written as a mapping
            scores[checkpoint] = score
    best = Retention(metric=metric, mode=mode).best_of(checkpoints, scores)
    if best is None:
        return WeightsSource(checkpoints[-1], f"{path}: took {checkpoints[-1].name}, the last checkpoint")
    return WeightsSource(best, f"{path}: took {best.name}, the best by {metric} ({scores[best]:.6g})")


def _watched(checkpoint: Path) -> tuple[str | None, Any]:
    """Return the score by which a run kept its best checkpoints, and its direction."""
    try:
        callbacks = json.loads((checkpoint / STATE).read_bytes())["callbacks"]
        states = [state for name, state in callbacks.items() if name.startswith("CheckpointCallback")]
        return next(((state["metric"], state["mode"]) for state in states if state.get("metric")), (None, "min"))
    except _DAMAGE:
        return None, "min"
