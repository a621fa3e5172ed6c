"""Callbacks that need no framework: progress, logging, evaluation, checkpointing and early stopping."""

from nm_core.callbacks.checkpointing import CheckpointCallback
from nm_core.callbacks.early_stopping import EarlyStopping
from nm_core.callbacks.evaluation import EvaluationCallback
from nm_core.callbacks.jsonl_log import LoggingCallback
from nm_core.callbacks.progress import ProgressCallback

__all__ = ["CheckpointCallback", "EarlyStopping", "EvaluationCallback", "LoggingCallback", "ProgressCallback"]
