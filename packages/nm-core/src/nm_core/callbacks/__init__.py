"""Callbacks that need no framework: progress, logging, evaluation, checkpointing and early stopping."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_core.callbacks.base import Callback
    from nm_core.callbacks.checkpointing import CheckpointCallback
    from nm_core.callbacks.early_stopping import EarlyStopping
    from nm_core.callbacks.evaluation import EvaluationCallback
    from nm_core.callbacks.jsonl_log import LoggingCallback
    from nm_core.callbacks.progress import ProgressCallback
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "Callback": "nm_core.callbacks.base",
            "CheckpointCallback": "nm_core.callbacks.checkpointing",
            "EarlyStopping": "nm_core.callbacks.early_stopping",
            "EvaluationCallback": "nm_core.callbacks.evaluation",
            "LoggingCallback": "nm_core.callbacks.jsonl_log",
            "ProgressCallback": "nm_core.callbacks.progress",
        },
    )

__all__ = [
    "Callback",
    "CheckpointCallback",
    "EarlyStopping",
    "EvaluationCallback",
    "LoggingCallback",
    "ProgressCallback",
]
