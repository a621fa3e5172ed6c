"""`FactsCallback`: what a run reports, and nothing of its progress."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run


class FactsCallback(Callback):
    """Show on standard error what the run reports, as soon as it starts, at log points and at the end.

    Where progress is not wanted, facts still are: what a resumed run does otherwise, samples that could not be read.

    Example:
        >>> from contextlib import redirect_stderr
        >>> run = Run("train", report=["3 samples could not be read."])
        >>> with redirect_stderr(sys.stdout):
        ...     FactsCallback().on_start(run)
        note: 3 samples could not be read.
    """

    def __init__(self) -> None:
        self._shown = 0

    def on_start(self, run: Run) -> None:
        """Show what was reported before the first step."""
        self._shown = 0
        self._show(run)

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Show what was reported since the last time."""
        self._show(run)

    def on_end(self, run: Run, reason: str) -> None:
        """Show the rest."""
        self._show(run)

    def _show(self, run: Run) -> None:
        if not run.rank:
            for line in run.report[self._shown :]:
                sys.stderr.write(f"note: {line}\n")
        self._shown = len(run.report)
