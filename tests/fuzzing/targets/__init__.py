"""What is run on random input: each target is named for what comes from outside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from targets.audio import AudioFiles
from targets.checkpoints import Checkpoints
from targets.command_lines import CommandLines
from targets.manifests import Manifests
from targets.saved_applications import SavedApplications
from targets.text_files import TextFiles
from targets.training_options import TrainingOptions
from targets.values import Values

TARGETS: dict[str, Callable[[Path], Any]] = {
    "manifests": Manifests,
    "audio": AudioFiles,
    "text-files": TextFiles,
    "checkpoints": Checkpoints,
    "saved-applications": SavedApplications,
    "command-lines": CommandLines,
    "training-options": TrainingOptions,
    "values": Values,
}
