"""Data layers: order, batching and reading of samples."""

from nm_torch.data.batching import Batching, MicroBatch
from nm_torch.data.errors import BatchingError, SampleError, UnreadableDataError, UnreadableSamplesWarning, WorkerError
from nm_torch.data.layer import DataLayer
from nm_torch.data.loading import Loaded, Request

__all__ = [
    "BatchingError",
    "Batching",
    "DataLayer",
    "Loaded",
    "MicroBatch",
    "Request",
    "SampleError",
    "UnreadableDataError",
    "UnreadableSamplesWarning",
    "WorkerError",
]
