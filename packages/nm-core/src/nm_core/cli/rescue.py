"""Saving at the end of a training: where that fails, the weights lie in a place that the message names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from nm_core.errors import NmError
from nm_core.runs import RunWriteError

if TYPE_CHECKING:
    from nm_core.application import Application
    from nm_core.callbacks.run import TrainingResult
    from nm_core.runs import OpenRun


def save_trained(
    application: Application,
    target: Path,
    run: OpenRun,
    result: TrainingResult,
    arguments: Sequence[str],
    *,
    overwrite: bool,
) -> Path:
    """Save a trained application; if that fails, make sure that its weights are somewhere.

    Args:
        arguments: those of this command, of which the message makes one that goes on.

    Raises:
        RunWriteError: it was not saved at the target; the message says where the weights are.
    """
    try:
        saved = application.save(target, overwrite=overwrite)
    except (NmError, OSError) as error:
        where = _find_weights(application, target, run, result, arguments)
        run.update(state="failed", reason="not saved where it should be", sync=True)
        raise RunWriteError(f"The training is over, and what was trained is not saved: {error}\n{where}") from error
    run.note_saved(saved)
    return saved


def _find_weights(
    application: Application, target: Path, run: OpenRun, result: TrainingResult, arguments: Sequence[str]
) -> str:
    """Return a sentence on where the weights are, after they were saved elsewhere if no checkpoint has them."""
    checkpoint = run.record.checkpoint
    if checkpoint is not None and checkpoint["update"] == result.step:
        command = shlex.join(["nmod", *_resuming(arguments), "--save", "ELSEWHERE"])
        return f"  The weights are in the checkpoint {run.folder.path / checkpoint['path']}. To save them: {command}"
    name = f"{run.folder.path.resolve().name}-{run.record.opening}"
    places = [run.folder.application, Path(gettempdir(), "nm-rescued", name), Path.home() / "nm-rescued" / name]
    for place in places:
        if place == target:
            continue
        try:
            application.save(place)
        except (NmError, OSError):
            continue
        return f"  It is saved in {place} instead. Move it where it should be."
    return f"  Nor could it be saved in {', '.join(map(str, places))}: its weights are lost."


def _resuming(arguments: Sequence[str]) -> list[str]:
    """Return arguments without their --save, so that another one can follow, and with --resume."""
    rest: list[str] = []
    skip = False
    for argument in arguments:
        if not skip and argument not in ("--save", "--restart", "--resume") and not argument.startswith("--save="):
            rest.append(argument)
        skip = argument == "--save" and not skip
    return [*rest, "--resume"]
