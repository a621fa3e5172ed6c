"""`TorchProbe`: PyTorch for the conformance suite, which runs modules on random tensors and compares lists."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from nm_core import NeuralModule
from nm_core.probing.port_uses import Use
from nm_core.probing.probe import ConformanceError
from nm_core.probing.slots import Slot
from nm_torch.checking import check_module
from nm_torch.checking.module_copy import home_of, own_randomness
from nm_torch.checking.random_inputs import random_inputs
from nm_torch.checking.run_module import run_module, set_mode
from nm_torch.data import DataLayer
from nm_torch.data.loading import Request

HIDDEN = ("fills its axis", "small sizes")
"""Parts of the lines of a report on aspects that a module could show: lengths that reach the end of their axis, short
inputs."""


class ConformanceWarning(UserWarning):
    """A module that may be right, and could be checked better if it took other inputs."""


class TorchProbe:
    """Follows `nm_core.testing.Probe`, on the CPU.

    Example:
        >>> TorchProbe().plain(torch.ones(2, 3))
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    def check(self, module: NeuralModule) -> None:
        """Check a module with `nm_torch.check_module`; an aspect that it hides from the check is a warning."""
        report = check_module(module)
        # A source has the lengths of its data, and no one can ask it for others.
        if module.segment != "source":
            for line in report.unseen:
                if any(hidden in line for hidden in HIDDEN):
                    warnings.warn(f"{module.name} hides {line}", ConformanceWarning, stacklevel=2)

    def invent(
        self, module: NeuralModule, slots: Sequence[Slot], sizes: Mapping[str, int], seed: int
    ) -> dict[str, Any]:
        """Return a tensor, list or text for each slot."""
        return random_inputs(slots, sizes, seed, *home_of(module))

    def call(
        self, module: NeuralModule, use: Use, sizes: Mapping[str, int], values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Return the outputs of forward, without gradients."""
        result = run_module(module, use, values, sizes)
        return (result,) if len(module.outputs) == 1 else tuple(result)

    def train(self, module: NeuralModule, training: bool) -> None:
        """Set the mode of a module, or of what a composite one is made of."""
        set_mode(module, training)

    def plain(self, value: Any) -> Any:
        """Return tensors as nested lists."""
        if isinstance(value, Tensor):
            return value.detach().cpu().tolist()
        return [self.plain(item) for item in value] if isinstance(value, list) else value

    def like(self, rows: Any, value: Tensor) -> Tensor:
        """Return nested lists as a tensor like another."""
        return torch.tensor(rows, dtype=value.dtype, device=value.device)

    def seeded(self, seed: int) -> AbstractContextManager[None]:
        """Seed Python, numpy and torch."""
        return own_randomness(seed, torch.device("cpu"))

    def plan(self, module: NeuralModule, seed: int, epoch: int) -> Sequence[Sequence[int]]:
        """Return the micro-batches of an epoch."""
        return _layer(module).plan_epoch(seed, epoch)

    def read(self, module: NeuralModule, indices: Sequence[int], seed: int, epoch: int) -> Sequence[Any]:
        """Return the values of samples; one that cannot be read is an error here."""
        loaded = _layer(module).read(Request(seed, epoch, tuple(indices)))
        if loaded.unreadable or loaded.values is None:
            reasons = "".join(f"  sample {index}: {reason}\n" for index, reason in loaded.unreadable)
            raise ConformanceError(f"{module.name} cannot read its example:\n{reasons}  Let every sample be readable.")
        return loaded.values


def _layer(module: NeuralModule) -> DataLayer:
    if isinstance(module, DataLayer):
        return module
    raise ConformanceError(
        f"{module.name} drives a graph and is no data layer.\n  Derive it from nm_torch.data.DataLayer."
    )
