"""Batches of sentences of unlike length.

Legend: B sentences, S positions.
"""

from collections.abc import Sequence
from typing import Any

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor


def pad_ids(
    sentences: Sequence[Sequence[int] | NDArray[Any]],
    pad_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
) -> Tensor:
    """Pad sentences on the right to one int64 tensor [B, S].

    Args:
        sentences: token ids.
        pad_id: the id of padding.
        before: an id to put before each sentence.
        after: an id to put after each sentence.

    Example:
        >>> pad_ids([[5, 6], [7]], pad_id=0, after=2)
        tensor([[5, 6, 2],
                [7, 2, 0]])
    """
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


def make_mask(lengths: Sequence[int]) -> Tensor:
    """Return a boolean mask [B, S], true at the real tokens."""
    lengths_B1 = torch.tensor(lengths).unsqueeze(1)
    return torch.arange(max(lengths, default=0)) < lengths_B1
