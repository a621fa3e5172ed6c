"""Callbacks of the PyTorch engine, beside those of `nm_core.callbacks`, which are here under the same names."""

from nm_core.callbacks import (
    CheckpointCallback,
    EarlyStopping,
    EvaluationCallback,
    LoggingCallback,
    ProgressCallback,
)
from nm_torch.callbacks.tensorboard import MissingDependencyError, TensorBoardCallback

__all__ = [
    "CheckpointCallback",
    "EarlyStopping",
    "EvaluationCallback",
    "LoggingCallback",
    "MissingDependencyError",
    "ProgressCallback",
    "TensorBoardCallback",
]
