"""Checkpoints: directories of safetensors and JSON that appear only when complete, and are read only when they verify.

`CheckpointWriter` writes the `CheckpointState` of a training, `newest_checkpoint` and `read_checkpoint` read it. The
form on disk is described in `nm_torch.checkpoint.format`.
"""

from nm_torch.checkpoint.durable_files import Files
from nm_torch.checkpoint.errors import (
    CheckpointDamagedError,
    CheckpointMismatchError,
    CheckpointNotFoundError,
    CheckpointStateError,
    CheckpointWriteError,
)
from nm_torch.checkpoint.reading import (
    Restored,
    complete_checkpoints,
    newest_checkpoint,
    read_checkpoint,
    read_manifest,
    verify,
)
from nm_torch.checkpoint.state import CheckpointState, check_graph, environment_differences, versions, weights_signature
from nm_torch.checkpoint.writing import CheckpointWriter, WrittenCheckpoint

__all__ = [
    "CheckpointDamagedError",
    "CheckpointMismatchError",
    "CheckpointNotFoundError",
    "CheckpointStateError",
    "CheckpointWriteError",
    "CheckpointWriter",
    "Files",
    "Restored",
    "CheckpointState",
    "WrittenCheckpoint",
    "check_graph",
    "complete_checkpoints",
    "environment_differences",
    "newest_checkpoint",
    "read_checkpoint",
    "read_manifest",
    "verify",
    "versions",
    "weights_signature",
]
