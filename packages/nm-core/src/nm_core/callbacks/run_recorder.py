"""`RunRecorder`: keeps the record of a run's folder up to date while it trains."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run
from nm_core.runs import OpenRun

_SECONDS = 1.0
"""The least time between two writings at log points."""


class RunRecorder(Callback):
    """Writes how far a run is into its record: at log points, evaluations, checkpoints and the end.

    The factory adds it to every training with a work directory; only rank 0 has an open run.

    Args:
        open_run: the folder that this process has.
        clock: seconds that pass, for tests.
    """

    def __init__(self, open_run: OpenRun, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.open_run = open_run
        self._clock = clock
        self._written = clock()

    def on_start(self, run: Run) -> None:
        """Write where the training begins, and report what opening the folder brought up."""
        run.report += self.open_run.notes
        self._update(run)

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Write the progress, at most once a second."""
        if self._clock() - self._written >= _SECONDS:
            self._update(run)

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Write the scores and the best of those by which checkpoints are kept."""
        record = self.open_run.record
        newest = {f"{name}.{score}": {"value": value, "update": run.step} for score, value in scores.items()}
        self._update(run, scores={**record.scores, **newest}, best=_best(run, record.best, newest))

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Write the path of the checkpoint, which is the best one if its score equals that of the best."""
        record = self.open_run.record
        relative = Path(os.path.relpath(path, self.open_run.folder.path)).as_posix()
        best = record.best
        # Of equal scores the newer checkpoint is kept, and the older one goes: the record names the one that is there.
        if best is not None and record.scores.get(best["metric"]) == {"value": best["value"], "update": run.step}:
            best = {**best, "update": run.step}
        self._update(run, checkpoint={"path": relative, "update": run.step}, best=best)

    def on_end(self, run: Run, reason: str) -> None:
        """Write how the training ended."""
        state = reason if reason in ("interrupted", "failed") else "finished"
        self._update(run, state=state, reason=reason, sync=True)
        if self.open_run.error:
            path = self.open_run.folder.record_path
            run.report.append(f"{path}: the record of the run could not be written: {self.open_run.error}.")

    def _update(self, run: Run, **facts: Any) -> None:
        self._written = self._clock()
        progress: dict[str, Any] = {
            "update": run.step,
            "epoch": run.epoch,
            "samples": run.samples,
            "losses": dict(run.losses),
        }
        self.open_run.update(**progress, **facts)


def _best(
    run: Run, best: Mapping[str, Any] | None, newest: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the best value so far of the metric by which checkpoints are kept."""
    metric, mode = run.retention.metric, run.retention.mode
    if metric is None or metric not in newest:
        return best
    value = newest[metric]["value"]
    if best is not None and best.get("metric") == metric and best.get("value") is not None:
        better = value < best["value"] if mode == "min" else value > best["value"]
        if not better:
            return best
    return {"metric": metric, "mode": mode, **newest[metric]} if value == value else best
