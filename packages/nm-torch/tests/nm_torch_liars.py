"""Small modules that keep their promises, and such as break them in one way each.

Legend: B samples, T positions, C features, K classes.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nm_core import NeuralModule, ports
from nm_torch import TorchModule, check_module, from_torch
from nm_types import NeuralTypeError

FRAMES = {"x": "B T:t C:c", "length": "B ; Lengths(t)"}


def caught(module: NeuralModule, **given: Any) -> dict[str, str]:
    """Return the code of each problem that is found, by port."""
    with pytest.raises(NeuralTypeError) as raised:
        check_module(module, **given)
    return {problem.port: problem.code for problem in raised.value.problems}


class Lambda(nn.Module):
    """A function as a layer."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: Any) -> Any:
        """Call it."""
        return self.function(*values)


def module_of(function: Callable[..., Any], *, inputs: Any, outputs: Any) -> Any:
    """Return a module named "liar" that calls a function with its inputs by position."""
    return from_torch(Lambda(function), inputs=ports(**inputs), outputs=ports(**outputs), name="liar")


class Pooling(TorchModule):
    """The mean over real frames: what a right module looks like."""

    input_ports = ports(frames="B Channel:{feat_in} T:t", length="B ; Lengths(t)")
    output_ports = ports(embedding="B Embedding:{feat_out} ; Features", length="B ; Lengths(t)")

    def __init__(self, *, feat_in: int, feat_out: int = 6) -> None:
        super().__init__()
        self.project = nn.Conv1d(feat_in, feat_out, kernel_size=1)
        self.norm = nn.BatchNorm1d(feat_out)
        self.register_buffer("calls", torch.zeros(()))
        self.seen: deque[int] = deque()

    def forward(self, frames: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return [B, feat_out] and the lengths, counting the calls in every way there is."""
        self.calls += 1
        self.seen.append(len(frames))
        inside_B1T = (torch.arange(frames.shape[-1]) < length.unsqueeze(1)).unsqueeze(1)
        return (self.norm(self.project(frames)) * inside_B1T).sum(-1) / length.unsqueeze(1), length
