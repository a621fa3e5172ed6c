"""Data layers: order, batching and reading of samples."""

from nm_torch.data.batching import Batching, check_limits
from nm_torch.data.errors import (
    BatchingError,
    CollateError,
    SampleError,
    UnreadableDataError,
    UnreadableSamplesWarning,
    WorkerError,
)
from nm_torch.data.layer import DataLayer
from nm_torch.data.loading import Loaded, Request
from nm_torch.data.plan import EpochPlan, MicroBatch

__all__ = [
    "BatchingError",
    "Batching",
    "CollateError",
    "DataLayer",
    "EpochPlan",
    "Loaded",
    "MicroBatch",
    "Request",
    "SampleError",
    "UnreadableDataError",
    "UnreadableSamplesWarning",
    "WorkerError",
    "check_limits",
]
