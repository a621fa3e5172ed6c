"""Transformer blocks, from which the stacks of all collections are built.

Legend: B sentences, T positions, S positions of the memory, D model size, H heads, E size of a head, N rows that are
decoded in parallel.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from nm_torch.common.attention import CrossAttention, SelfAttention
from nm_torch.common.cache import KeyValueCache
from nm_torch.common.errors import OptionError

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


@dataclass(frozen=True, kw_only=True)
class TransformerOptions:
    """The sizes and options of the blocks of a stack.

    Args:
        size: features per position.
        heads: attention heads; they divide `size`.
        inner_size: features between the two layers of the position-wise network.
        dropout: on the result of each sub-layer, in training.
        attention_dropout: on attention weights; the fused kernels of a CPU are slower with it.
        inner_dropout: inside the position-wise network.
        activation: "relu", "gelu" or "silu".
        norm: "pre" normalises the input of each sub-layer (Xiong et al. 2020, arXiv 2002.04745), "post" the sum after
            it (Vaswani et al. 2017).
    """

    size: int
    heads: int
    inner_size: int
    dropout: float = 0.1
    attention_dropout: float = 0.0
    inner_dropout: float = 0.0
    activation: str = "relu"
    norm: Literal["pre", "post"] = "pre"

    def __post_init__(self) -> None:
        if self.size % self.heads:
            raise OptionError(f"size must be a multiple of heads; given were size={self.size} and heads={self.heads}.")
        if self.activation not in ACTIVATIONS:
            raise OptionError(f"activation must be one of {', '.join(ACTIVATIONS)}; given was {self.activation!r}.")
        if self.norm not in ("pre", "post"):
            raise OptionError(f'norm must be "pre" or "post"; given was {self.norm!r}.')
        for name in ("dropout", "attention_dropout", "inner_dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise OptionError(f"{name} is a probability below 1; given was {getattr(self, name)!r}.")


class FeedForward(nn.Module):
    """The position-wise network: two layers with an activation between them."""

    def __init__(self, options: TransformerOptions) -> None:
        super().__init__()
        self.expand = nn.Linear(options.size, options.inner_size)
        self.activation = ACTIVATIONS[options.activation]()
        self.dropout = nn.Dropout(options.inner_dropout)
        self.contract = nn.Linear(options.inner_size, options.size)
        for layer in (self.expand, self.contract):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Return features of the same shape."""
        return self.contract(self.dropout(self.activation(self.expand(x_BTD))))


class Residual(nn.Module):
    """The residual connection around a sub-layer: normalisation, dropout and sum, in one of two orders."""

    def __init__(self, options: TransformerOptions) -> None:
        super().__init__()
        self.pre = options.norm == "pre"
        self.norm = nn.LayerNorm(options.size)
        self.dropout = nn.Dropout(options.dropout)

    def before(self, x_BTD: Tensor) -> Tensor:
        """Return the input of the sub-layer, normalised where blocks normalise first."""
        return self.norm(x_BTD) if self.pre else x_BTD

    def after(self, x_BTD: Tensor, result_BTD: Tensor) -> Tensor:
        """Return the sum of the input and the sub-layer's result."""
        total_BTD = x_BTD + self.dropout(result_BTD)
        return total_BTD if self.pre else self.norm(total_BTD)


class TransformerEncoderBlock(nn.Module):
    """Self-attention and a position-wise network, each with a residual connection."""

    def __init__(self, options: TransformerOptions) -> None:
        super().__init__()
        self.attention = SelfAttention(options.size, options.heads, options.attention_dropout)
        self.around_attention = Residual(options)
        self.network = FeedForward(options)
        self.around_network = Residual(options)

    def forward(self, x_BTD: Tensor, mask_B1TT: Tensor | None) -> Tensor:
        """Return features of the same shape; `mask` is true where a key may be seen."""
        around = self.around_attention
        x_BTD = around.after(x_BTD, self.attention(around.before(x_BTD), mask_B1TT))
        around = self.around_network
        return around.after(x_BTD, self.network(around.before(x_BTD)))


@dataclass(slots=True)
class BlockState:
    """The state of a decoder block between the steps of a search: keys and values of its past and of the memory."""

    past: KeyValueCache
    memory_keys_BHSE: Tensor
    memory_values_BHSE: Tensor


class TransformerDecoderBlock(nn.Module):
    """Self-attention, attention to a memory and a position-wise network, each with a residual connection."""

    def __init__(self, options: TransformerOptions, memory_size: int) -> None:
        super().__init__()
        self.attention = SelfAttention(options.size, options.heads, options.attention_dropout)
        self.around_attention = Residual(options)
        self.cross_attention = CrossAttention(options.size, options.heads, memory_size, options.attention_dropout)
        self.around_cross_attention = Residual(options)
        self.network = FeedForward(options)
        self.around_network = Residual(options)

    def forward(self, x_BTD: Tensor, mask_B1TT: Tensor, memory_BSD: Tensor, memory_mask_B11S: Tensor | None) -> Tensor:
        """Return features of the same shape; masks are true where a key may be seen."""
        around = self.around_attention
        x_BTD = around.after(x_BTD, self.attention(around.before(x_BTD), mask_B1TT))
        around = self.around_cross_attention
        x_BTD = around.after(x_BTD, self.cross_attention(around.before(x_BTD), memory_BSD, memory_mask_B11S))
        around = self.around_network
        return around.after(x_BTD, self.network(around.before(x_BTD)))

    def start(self, memory_BSD: Tensor) -> BlockState:
        """Return the state before the first position."""
        return BlockState(KeyValueCache(), *self.cross_attention.project_memory(memory_BSD))

    def step(self, x_ND: Tensor, state: BlockState, memory_mask_B11S: Tensor | None) -> Tensor:
        """Return [N, D] for the next position of each row; the rows of a sentence are neighbours."""
        around = self.around_attention
        x_ND = around.after(x_ND, self.attention.step(around.before(x_ND), state.past))
        around = self.around_cross_attention
        keys_BHSE, values_BHSE = state.memory_keys_BHSE, state.memory_values_BHSE
        query_BKD = around.before(x_ND).unflatten(0, (len(keys_BHSE), -1))  # rows of a sentence share its memory
        mixed_BKD = self.cross_attention.attend(query_BKD, keys_BHSE, values_BHSE, memory_mask_B11S)
        x_ND = around.after(x_ND, mixed_BKD.flatten(0, 1))
        around = self.around_network
        return around.after(x_ND, self.network(around.before(x_ND)))
