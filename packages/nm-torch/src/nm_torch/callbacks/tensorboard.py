"""`TensorBoardCallback`: the numbers of a run as TensorBoard's event files."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run
from nm_core.errors import NmError, ParameterError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

__all__ = ["MissingDependencyError", "TensorBoardCallback"]


class MissingDependencyError(NmError, ImportError):
    """A package that is optional is needed here and not installed."""


class TensorBoardCallback(Callback):
    """Write losses, learning rate and scores as scalars for TensorBoard.

    Called at log points (`train/<name>`) and after evaluations (`<evaluation>/<score>`), each at its update. A run that
    resumes hides what an earlier process wrote past the step it resumes from. Only rank 0 writes. Look at it with
    `tensorboard --logdir runs`.

    Example:
        >>> callback = TensorBoardCallback("runs/first/tensorboard")
        >>> callback.log_dir.name
        'tensorboard'

    Args:
        log_dir: the folder of event files; `tensorboard` in the run's work directory when not given.

    Raises:
        MissingDependencyError: the package `tensorboard` is not installed.
    """

    def __init__(self, log_dir: str | Path | None = None) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise MissingDependencyError(
                "TensorBoardCallback needs the package tensorboard, which is not installed.\n"
                '  Install it with: python -m pip install "nm-torch[tensorboard]"'
            )
        self.log_dir = None if log_dir is None else Path(log_dir)
        self._writer: SummaryWriter | None = None

    def on_start(self, run: Run) -> None:
        """Open the event file.

        Raises:
            ParameterError: there is neither a folder nor a work directory, or it cannot be written.
        """
        log_dir = self.log_dir or (None if run.work_dir is None else run.work_dir / "tensorboard")
        if log_dir is None:
            raise ParameterError(
                "TensorBoardCallback: the run has nowhere to write. "
                'Give it a folder, TensorBoardCallback("runs/first/tensorboard"), or the factory a work_dir.'
            )
        if run.rank:
            return
        from torch.utils.tensorboard import SummaryWriter  # needs the extra, which only this callback asks for

        try:
            self._writer = SummaryWriter(str(log_dir), purge_step=run.step + 1 if run.step else None)
        except OSError as error:
            raise ParameterError(
                f"TensorBoardCallback: {log_dir} cannot be written: {error.strerror or error}."
            ) from error

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Write the values of a log point and the learning rate."""
        self._write(run, "train", {**values, "learning_rate": run.learning_rate})

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Write the scores."""
        self._write(run, name, scores)

    def on_end(self, run: Run, reason: str) -> None:
        """Write what is pending and close the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, run: Run, group: str, values: Mapping[str, float]) -> None:
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(f"{group}/{name}", value, run.step)
