"""What a source gives: the first micro-batch of a data layer."""

from __future__ import annotations

from typing import Any

from nm_core import NeuralModule
from nm_torch.data import DataLayer
from nm_torch.data.loading import Request
from nm_torch.errors import ModuleCheckError


def batch_of(module: NeuralModule, seed: int) -> Any:
    """Return the values of a source's first micro-batch: one bare, several as a tuple.

    Raises:
        ModuleCheckError: none of its samples can be read.
    """
    if not isinstance(module, DataLayer):
        return module.forward()
    indices = module.plan_epoch(seed, 0)[0]
    loaded = module.read(Request(seed, 0, indices))
    if loaded.values is None:
        reasons = "\n".join(f"  sample {index}: {reason}" for index, reason in loaded.unreadable)
        raise ModuleCheckError(f"{module.name}: no sample of its first micro-batch can be read.\n{reasons}")
    return loaded.values[0] if len(module.outputs) == len(loaded.values) == 1 else loaded.values
