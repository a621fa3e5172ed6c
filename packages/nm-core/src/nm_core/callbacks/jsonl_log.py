"""`LoggingCallback`: everything a run says as numbers, as lines of JSON in a file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError
from nm_core.json_text import to_json


class LoggingCallback(Callback):
    """Append one line of JSON per event to a file: start, log points, evaluations, checkpoints, errors and the end.

    Each line has `event`, `seconds` since the start, `step`, `epoch` and `samples`; then the values of the event. A
    value that is not finite becomes null and is named under `not_finite`. The file only grows: a run that resumes
    begins with a `start` line that says from where, and what follows supersedes earlier lines of the same steps. Only
    rank 0 writes. A disk that refuses costs lines, which are counted and reported, and never the run.

    Every training with a work directory writes such a log by itself, `log.jsonl`. Without a path, this callback gives
    that file a second name there.

    Args:
        path: the file; `metrics.jsonl` in the run's work directory when not given.
        clock: seconds that pass, for tests.

    Example:
        >>> import json
        >>> log, run = LoggingCallback("metrics.jsonl", clock=lambda: 0.0), Run("train")
        >>> log.on_start(run)
        >>> run.step = 10
        >>> log.on_log(run, {"loss": 0.5})
        >>> log.on_end(run, "finished")
        >>> [json.loads(line)["event"] for line in Path("metrics.jsonl").read_text().splitlines()]
        ['start', 'log', 'end']
    """

    def __init__(self, path: str | Path | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = None if path is None else Path(path)
        self._clock = clock
        self._begun = 0.0
        self._file: TextIO | None = None
        self._lost = 0
        self._last_error = ""
        self._log_path: Path | None = None

    def share(self, log_path: Path | None) -> None:
        """Leave the writing to the log of a run, where that is the same: the next training writes it at this path."""
        self._log_path = log_path

    def on_start(self, run: Run) -> None:
        """Open the file and note where the run begins.

        Raises:
            ParameterError: there is neither a path nor a work directory.
        """
        path = self.path or (None if run.work_dir is None else run.work_dir / "metrics.jsonl")
        if path is None:
            raise ParameterError(
                "LoggingCallback: the run has nowhere to write. "
                'Give it a file, LoggingCallback("metrics.jsonl"), or the factory a work_dir.'
            )
        self._begun, self._lost = self._clock(), 0
        if run.rank or (run.action == "train" and self._is_shared(path)):
            return
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            end = "\n" if path.is_file() and _is_cut(path) else ""
            # Appended, since a resumed run has its past in the same file.
            self._file = path.open("a", encoding="utf-8")
            self._file.write(end)
        except OSError as error:
            raise ParameterError(f"LoggingCallback: {path} cannot be written: {error.strerror or error}.") from error
        self._write(run, "start", self._start_values(run))

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Write the values of a log point."""
        self._write(run, "log", values)

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Write the scores of an evaluation as `dev.wer`."""
        self._write(run, "evaluation", {f"{name}.{score}": value for score, value in scores.items()})

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Write where the checkpoint is."""
        self._write(run, "checkpoint", {"path": str(path)})

    def on_exception(self, run: Run, error: BaseException) -> None:
        """Write what went wrong."""
        self._write(run, "exception", {"error": type(error).__name__, "message": str(error)})

    def on_end(self, run: Run, reason: str) -> None:
        """Write the reason and the run's report, and close the file."""
        self._write(run, "end", {"reason": reason, "skipped": run.skipped, "report": list(run.report)})
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._lose(error)
            self._file = None
        if self._lost:
            run.report.append(f"{self.path}: {self._lost} lines could not be written: {self._last_error}.")

    def _start_values(self, run: Run) -> dict[str, Any]:
        """Return what the first line says of a run."""
        resumed = None if run.resumed_from is None else str(run.resumed_from)
        settings = {"max_steps": run.max_steps, "max_epochs": run.max_epochs, "world_size": run.world_size}
        return {"action": run.action, "resumed_from": resumed, **settings}

    def _is_shared(self, path: Path) -> bool:
        """Tell whether the log of the run can be read at a path, which becomes a second name of it where it is free."""
        if self._log_path is None:
            return False
        try:
            if self.path is None and not path.exists():
                path.hardlink_to(self._log_path)
            return path.samefile(self._log_path)
        except OSError:  # a file system without such names: it is written twice
            return False

    def _write(self, run: Run, event: str, values: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        # JSON has no NaN; readers of the log would refuse the whole line.
        strange = [name for name, value in values.items() if isinstance(value, float) and not math.isfinite(value)]
        line: dict[str, Any] = {"event": event, "seconds": round(self._clock() - self._begun, 3)}
        line |= {"step": run.step, "epoch": run.epoch, "samples": run.samples}
        line |= {name: None if name in strange else value for name, value in values.items()}
        if strange:
            line["not_finite"] = strange
        try:
            self._file.write(to_json(line) + "\n")
            # A run that is killed has lost no line, and `tail -f` sees each at once.
            self._file.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self._lost += 1
        self._last_error = error.strerror or str(error)


def _is_cut(path: Path) -> bool:
    """Tell whether the last line of a file has no end, as where its process was killed."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read(1) not in (b"", b"\n")
