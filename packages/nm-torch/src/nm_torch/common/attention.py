"""Multi-head attention through torch's fused kernel, over whole sequences and one step at a time with a cache.

Legend: B sentences, T queries, S positions of the memory, D model size, H heads, E size of a head, N rows that are
decoded in parallel.
"""

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from nm_torch.common.cache import KeyValueCache


def split_heads(x_BTD: Tensor, heads: int) -> Tensor:
    """Return features [B, T, D] as [B, H, T, E]."""
    return x_BTD.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(x_BHTE: Tensor) -> Tensor:
    """Return heads [B, H, T, E] as features [B, T, D]."""
    return x_BHTE.transpose(1, 2).flatten(-2)


class SelfAttention(nn.Module):
    """Self-attention of a sequence (Vaswani et al. 2017, arXiv 1706.03762, section 3.2).

    The softmax runs in float32 inside the kernel, whatever the type of the features.

    Args:
        size: features per position, a multiple of `heads`.
        heads: attention heads.
        dropout: probability of dropping an attention weight in training.
    """

    def __init__(self, size: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query_key_value = nn.Linear(size, 3 * size)
        self.output = nn.Linear(size, size)
        # Xavier's bound depends on the shape of a matrix: three matrices in one must not be initialised as one
        for part in self.query_key_value.weight.data.chunk(3):
            nn.init.xavier_uniform_(part)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.query_key_value.bias)
        nn.init.zeros_(self.output.bias)

    def forward(self, x_BTD: Tensor, mask_B1TT: Tensor | None) -> Tensor:
        """Return [B, T, D]; `mask` is boolean, true where a key may be seen, and broadcasts to [B, H, T, T]."""
        query_BHTE, key_BHTE, value_BHTE = (
            split_heads(part_BTD, self.heads) for part_BTD in self.query_key_value(x_BTD).chunk(3, dim=-1)
        )
        dropout = self.dropout if self.training else 0.0  # the kernel does not know the mode of the module
        mixed_BHTE = scaled_dot_product_attention(
            query_BHTE, key_BHTE, value_BHTE, attn_mask=mask_B1TT, dropout_p=dropout
        )
        return self.output(join_heads(mixed_BHTE))

    def step(self, x_ND: Tensor, cache: KeyValueCache) -> Tensor:
        """Return [N, D] for the next position of each row, which sees all earlier ones; the cache grows."""
        query_NHE, key_NHE, value_NHE = (
            part_ND.unflatten(-1, (self.heads, -1)) for part_ND in self.query_key_value(x_ND).chunk(3, dim=-1)
        )
        keys_NHTE, values_NHTE = cache.append(key_NHE, value_NHE)
        # no mask: the cache holds nothing but earlier positions
        mixed_NH1E = scaled_dot_product_attention(query_NHE.unsqueeze(2), keys_NHTE, values_NHTE)
        return self.output(mixed_NH1E.flatten(1))


class CrossAttention(nn.Module):
    """Attention of a sequence to the positions of a memory (Vaswani et al. 2017, arXiv 1706.03762, section 3.2).

    Args:
        size: features per position, a multiple of `heads`.
        heads: attention heads.
        memory_size: features per position of the memory.
        dropout: probability of dropping an attention weight in training.
    """

    def __init__(self, size: int, heads: int, memory_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(size, size)
        self.key_value = nn.Linear(memory_size, 2 * size)
        self.output = nn.Linear(size, size)
        for part in (self.query.weight, *self.key_value.weight.data.chunk(2), self.output.weight):
            nn.init.xavier_uniform_(part)
        for layer in (self.query, self.key_value, self.output):
            nn.init.zeros_(layer.bias)

    def project_memory(self, memory_BSD: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values [B, H, S, E] of the memory; they stay the same for all steps of a search."""
        key_BSD, value_BSD = self.key_value(memory_BSD).chunk(2, dim=-1)
        return split_heads(key_BSD, self.heads), split_heads(value_BSD, self.heads)

    def forward(self, x_BTD: Tensor, memory_BSD: Tensor, mask_B11S: Tensor | None) -> Tensor:
        """Return [B, T, D]; `mask` is boolean, true where the memory may be seen."""
        return self.attend(x_BTD, *self.project_memory(memory_BSD), mask_B11S)

    def attend(self, x_BTD: Tensor, keys_BHSE: Tensor, values_BHSE: Tensor, mask_B11S: Tensor | None) -> Tensor:
        """Return [B, T, D] from keys and values that are already projected."""
        query_BHTE = split_heads(self.query(x_BTD), self.heads)
        dropout = self.dropout if self.training else 0.0
        mixed_BHTE = scaled_dot_product_attention(
            query_BHTE, keys_BHSE, values_BHSE, attn_mask=mask_B11S, dropout_p=dropout
        )
        return self.output(join_heads(mixed_BHTE))
