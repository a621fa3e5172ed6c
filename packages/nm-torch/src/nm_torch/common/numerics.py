"""Helpers of many layers: sums in float32 or wider, and masks of lengths.

Legend: B sentences, T positions.
"""

import torch
from torch import Tensor


def widen(x: Tensor) -> Tensor:
    """Return float16 and bfloat16 as float32, and wider types as they are."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def log_softmax(logits: Tensor) -> Tensor:
    """Return log-probabilities over the last axis, in float32 or wider."""
    return widen(logits).log_softmax(dim=-1)


def length_mask(lengths_B: Tensor, size: int, device: torch.device) -> Tensor:
    """Return a boolean mask [B, size], true at the positions before each length."""
    return torch.arange(size, device=device) < lengths_B.to(device).unsqueeze(1)
