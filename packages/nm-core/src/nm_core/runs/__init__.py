"""The folder of a run: whose it is, what it holds, what may be overwritten, the list of runs, and their curves."""

from typing import TYPE_CHECKING

from nm_core.runs.errors import RunError, RunExistsError, RunLockedError, RunWriteError
from nm_core.runs.folder import RunFolder
from nm_core.runs.opening import OpenRun, open_run
from nm_core.runs.record import Process, RunRecord
from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_core.runs.plotting import RunPlot, plot
else:  # drawing is imported when something is drawn
    __getattr__, __dir__ = lazy_exports(__name__, {"RunPlot": "nm_core.runs.plotting", "plot": "nm_core.runs.plotting"})

__all__ = [
    "OpenRun",
    "Process",
    "RunError",
    "RunExistsError",
    "RunFolder",
    "RunLockedError",
    "RunPlot",
    "RunRecord",
    "RunWriteError",
    "open_run",
    "plot",
]
