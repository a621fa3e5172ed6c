"""Helpers of many layers: sums in float32 or wider, masks of lengths, and evaluation mode for a while.

Legend: B sentences, T positions.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def widen(x: Tensor) -> Tensor:
    """Return float16 and bfloat16 as float32, and wider types as they are."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def log_softmax(logits: Tensor) -> Tensor:
    """Return log-probabilities over the last axis, in float32 or wider."""
    return widen(logits).log_softmax(dim=-1)


def length_mask(lengths_B: Tensor, size: int, device: torch.device) -> Tensor:
    """Return a boolean mask [B, size], true at the positions before each length."""
    return torch.arange(size, device=device) < lengths_B.to(device).unsqueeze(1)


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Put modules into evaluation mode inside the block, and each of their parts back into its own mode after it."""
    # `module.eval()` and `module.train()` would put all parts into one mode, those that a user froze included
    parts = [part for module in modules for part in module.modules()]
    modes = [part.training for part in parts]
    for part in parts:
        part.training = False
    try:
        yield
    finally:
        for part, mode in zip(parts, modes, strict=True):
            part.training = mode
