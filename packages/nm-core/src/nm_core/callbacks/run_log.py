"""`RunLog`: the log of a run's folder, which every training with a work directory writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nm_core.callbacks.jsonl_log import LoggingCallback
from nm_core.callbacks.run import Run
from nm_core.runs.record import now


class RunLog(LoggingCallback):
    """Writes the lines of `LoggingCallback`, with what a run is in its first one, and a line for each fact.

    The factory adds it to every training with a work directory; only rank 0 has one. A fact is what the run reports:
    recordings that could not be read, updates that were skipped, damaged checkpoints that were passed over, what goes
    on otherwise after a resume. It becomes a line as soon as it is known (`{"event": "note", "message": ...}`).

    Args:
        path: the file.
        facts: gives what the first line says besides: digest, versions, seed, precision, counts of data.
        clock: seconds that pass, for tests.
    """

    def __init__(
        self,
        path: Path,
        facts: Callable[[], Mapping[str, Any]] = dict,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(path, clock=clock)
        self._facts = facts
        self._noted = 0

    def on_start(self, run: Run) -> None:
        """Write what begins, and what was reported before the first step."""
        self._noted = 0
        super().on_start(run)
        self._note(run)

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Write what was reported since the last line, and the values."""
        self._note(run)
        super().on_log(run, values)

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Write the same, and the scores."""
        self._note(run)
        super().on_evaluation(run, name, scores)

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """Write the same, and the path of the checkpoint."""
        self._note(run)
        super().on_checkpoint(run, path)

    def on_end(self, run: Run, reason: str) -> None:
        """Write the same, and how the training ended."""
        self._note(run)
        super().on_end(run, reason)

    def _start_values(self, run: Run) -> dict[str, Any]:
        plans = (run.planned or {}).items()
        goals = {f"{name}.{score}": mode for name, plan in plans for score, mode in plan.goals.items()}
        values = {"time": now(), "steps_per_epoch": run.steps_per_epoch, "goals": goals}
        return {**super()._start_values(run), **values, **self._facts()}

    def _note(self, run: Run) -> None:
        for line in run.report[self._noted :]:
            self._write(run, "note", {"message": line})
        self._noted = len(run.report)
