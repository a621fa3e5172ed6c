"""Errors of the folders of runs."""

from nm_core.errors import NmError

__all__ = ["RunError", "RunExistsError", "RunLockedError", "RunWriteError"]


class RunError(NmError):
    """A folder or a file that a run wants to write is not to be had.

    Attributes:
        repeated: whether another process of the same run has raised the error, and says it.
    """

    repeated: bool = False


class RunExistsError(RunError, FileExistsError):
    """A folder or a file holds something that would be lost, and nobody said that it may be."""


class RunLockedError(RunError, BlockingIOError):
    """Another process, or another training of this one, is at work in the folder of a run."""


class RunWriteError(RunError, OSError):
    """Something that a training writes cannot be written where it should be."""
