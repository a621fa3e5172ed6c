"""Callbacks that need no framework: progress, logging, evaluation, checkpointing and early stopping."""

from nm_core.monitoring.checkpointing import CheckpointCallback
from nm_core.monitoring.early_stopping import EarlyStopping
from nm_core.monitoring.evaluation import EvaluationCallback
from nm_core.monitoring.log_file import LoggingCallback
from nm_core.monitoring.progress import ProgressCallback

__all__ = ["CheckpointCallback", "EarlyStopping", "EvaluationCallback", "LoggingCallback", "ProgressCallback"]
