"""Errors of data layers."""

from nm_types import NmError


class SampleError(NmError, ValueError):
    """A sample that cannot be read: it is counted and listed, and the run goes on up to a limit."""


class UnreadableDataError(NmError, ValueError):
    """More samples could not be read than the data layer allows."""


class BatchingError(NmError, ValueError):
    """Samples cannot be cut into batches as asked."""


class CollateError(NmError, TypeError):
    """A data layer puts samples together into other values than it has output ports."""


class OversizedSampleError(BatchingError):
    """A sample is larger than a whole batch may be.

    Args:
        index: the number of the sample.
        size: its size.
        limit: the largest size of a padded batch.
    """

    def __init__(self, message: str = "", *, index: int = 0, size: float = 0.0, limit: float = 0.0) -> None:
        super().__init__(message)
        self.index, self.size, self.limit = index, size, limit


class WorkerError(NmError, RuntimeError):
    """A worker process died or gave no batch within the time limit."""


class UnreadableSamplesWarning(UserWarning):
    """Some samples could not be read and were left out of an evaluation or inference."""
