"""Errors of checkpoints."""

from nm_types.errors import NmError

__all__ = [
    "CheckpointDamagedError",
    "CheckpointMismatchError",
    "CheckpointNotFoundError",
    "CheckpointStateError",
    "CheckpointWriteError",
]


class CheckpointWriteError(NmError, OSError):
    """A checkpoint could not be written; nothing of the attempt is left, and older checkpoints are as they were."""


class CheckpointStateError(NmError, TypeError):
    """Something in the state is neither a tensor nor plain data, so that it cannot be written."""


class CheckpointDamagedError(NmError, ValueError):
    """A checkpoint is incomplete, or one of its files is not what was written."""


class CheckpointNotFoundError(NmError, FileNotFoundError):
    """There is no checkpoint at the path that was given."""


class CheckpointMismatchError(NmError, ValueError):
    """A checkpoint belongs to another graph."""
