"""Attention to a memory by content, which also returns its weights.

Legend: B sentences, Q queries, S positions of the memory, D size of queries, M size of the memory, H heads, E size of a
head.
"""

import torch
from torch import Tensor, nn

from nm_torch.common.attention import join_heads, split_heads
from nm_torch.common.errors import OptionError
from nm_torch.common.numerics import widen


def check_heads(size: int, heads: int, name: str = "heads") -> None:
    """Check that heads share channels evenly.

    Args:
        name: what the parameter is called.

    Raises:
        OptionError: they do not.
    """
    if size % heads:
        raise OptionError(f"hidden_size must be a multiple of {name}; given were {size} and {heads}.")


class ContentAttention(nn.Module):
    """Scaled dot products of projected queries and memory (Luong et al. 2015, arXiv 1508.04025, form "general").

    Args:
        size: features of a query and of the result, a multiple of `heads`.
        memory_size: features per position of the memory.
        heads: attention heads; the weights returned are their mean.
    """

    def __init__(self, size: int, memory_size: int, heads: int = 1) -> None:
        super().__init__()
        check_heads(size, heads)
        self.heads = heads
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(memory_size, size, bias=False)
        self.value = nn.Linear(memory_size, size)

    def project(self, memory_BSM: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values [B, H, S, E] of the memory."""
        return split_heads(self.key(memory_BSM), self.heads), split_heads(self.value(memory_BSM), self.heads)

    def forward(
        self, query_BQD: Tensor, keys_BHSE: Tensor, values_BHSE: Tensor, mask_BS: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the context [B, Q, D] and the weights [B, Q, S]; the softmax runs in float32."""
        query_BHQE = split_heads(self.query(query_BQD), self.heads) * keys_BHSE.shape[-1] ** -0.5
        energy_BHQS = widen(query_BHQE @ keys_BHSE.transpose(-1, -2))
        if mask_BS is not None:
            # the lowest number instead of minus infinity: a memory without any position then gives no NaN
            energy_BHQS = energy_BHQS.masked_fill(~mask_BS[:, None, None, :], torch.finfo(energy_BHQS.dtype).min)
        weights_BHQS = energy_BHQS.softmax(dim=-1)
        context_BQD = join_heads(weights_BHQS.to(values_BHSE.dtype) @ values_BHSE)
        return context_BQD, weights_BHQS.mean(dim=1)
