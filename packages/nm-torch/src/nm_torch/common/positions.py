"""Encodings of positions, to be added to embeddings.

Legend: T positions, D model size.
"""

import math

import torch
from torch import Tensor, nn

from nm_torch.common.errors import SequenceLengthError


def sinusoids(length: int, size: int, *, device: torch.device | None = None) -> Tensor:
    """Return the sinusoidal positions [length, size] in float32 (Vaswani et al. 2017, arXiv 1706.03762, section 3.5).

    Even columns hold sines and odd ones cosines, with wavelengths from 2 pi to 20,000 pi.
    """
    position_T1 = torch.arange(length, dtype=torch.float32, device=device).unsqueeze(1)
    rate_D = torch.exp(torch.arange(0, size, 2, dtype=torch.float32, device=device) * (-math.log(10_000.0) / size))
    angles = position_T1 * rate_D
    # an odd size has no room for the last cosine
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :size]


class SinusoidalPositions(nn.Module):
    """Sinusoidal encodings of any length, in a table that grows with the sequences and is not saved with weights.

    Args:
        size: features per position.
        length: positions to prepare at first.
    """

    table: Tensor

    def __init__(self, size: int, length: int = 512) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("table", sinusoids(length, size), persistent=False)

    def forward(self, length: int, start: int = 0) -> Tensor:
        """Return features [length, D] of the positions from `start` on."""
        end = start + length
        if end > len(self.table):
            # twice what is needed, so that a search that grows by one position does not compute it at each step
            self.table = sinusoids(2 * end, self.size, device=self.table.device).to(self.table.dtype)
        return self.table[start:end]


class LearnedPositions(nn.Module):
    """A trained vector for each position, up to a fixed number of positions.

    Args:
        size: features per position.
        length: the most positions a sequence may have.
    """

    def __init__(self, size: int, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(length, size))
        nn.init.normal_(self.weight, std=size**-0.5)

    def forward(self, length: int, start: int = 0) -> Tensor:
        """Return features [length, D] of the positions from `start` on."""
        if start + length > len(self.weight):
            raise SequenceLengthError(
                f"a sequence has {start + length} positions, and the positions are trained for {len(self.weight)}.\n"
                "  Leave longer sequences out, train with a larger max_sequence_length, or use sinusoidal positions."
            )
        return self.weight[start : start + length]
