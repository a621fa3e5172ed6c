"""The folder of a run: whose it is, what it holds, what may be overwritten, and the list of runs."""

from nm_core.runs.errors import RunError, RunExistsError, RunLockedError, RunWriteError
from nm_core.runs.folder import RunFolder
from nm_core.runs.opening import OpenRun, open_run
from nm_core.runs.record import Process, RunRecord

__all__ = [
    "OpenRun",
    "Process",
    "RunError",
    "RunExistsError",
    "RunFolder",
    "RunLockedError",
    "RunRecord",
    "RunWriteError",
    "open_run",
]
