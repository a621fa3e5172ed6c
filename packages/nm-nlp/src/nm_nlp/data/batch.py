"""Sentences of unlike length as one tensor.

Legend: B sentences, S positions.
"""

from collections.abc import Sequence

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor


def pad_ids(
    sentences: Sequence[Sequence[int] | NDArray[numpy.int32]],
    pad_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
) -> Tensor:
    """Return sentences as one int64 tensor [B, S], each with a symbol before or after it, padded on the right."""
    first = 0 if before is None else 1
    extra = first + (0 if after is None else 1)
    padded = numpy.full((len(sentences), max(map(len, sentences), default=0) + extra), pad_id, dtype=numpy.int64)
    for row, sentence in zip(padded, sentences, strict=True):
        if before is not None:
            row[0] = before
        row[first : first + len(sentence)] = sentence
        if after is not None:
            row[first + len(sentence)] = after
    return torch.from_numpy(padded)


def mask_of(lengths: Sequence[int]) -> Tensor:
    """Return a boolean mask [B, S], true at the real tokens."""
    lengths_B1 = torch.tensor(lengths).unsqueeze(1)
    return torch.arange(max(lengths, default=0)) < lengths_B1
