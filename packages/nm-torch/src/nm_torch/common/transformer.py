"""Stacks of Transformer blocks, shared by the collections.

Legend: B sentences, T positions, S positions of the memory, D model size, N rows that are decoded in parallel. A mask
is 1 at real positions and 0 at padding, which stands on the right.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nm_torch.common.blocks import BlockState, TransformerDecoderBlock, TransformerEncoderBlock, TransformerOptions

__all__ = ["DecoderState", "TransformerDecoder", "TransformerEncoder", "TransformerOptions", "causal_mask", "key_mask"]


def key_mask(mask_BT: Tensor | None) -> Tensor | None:
    """Return a mask of real positions as a boolean attention mask [B, 1, 1, T]."""
    return None if mask_BT is None else mask_BT.bool()[:, None, None, :]


def causal_mask(length: int, mask_BT: Tensor | None, device: torch.device) -> Tensor:
    """Return a boolean attention mask [B, 1, T, T] or [T, T]: a position sees itself and earlier real ones."""
    causal_TT = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    keys_B11T = key_mask(mask_BT)
    return causal_TT if keys_B11T is None else causal_TT & keys_B11T


class TransformerEncoder(nn.Module):
    """A stack of encoder blocks, with a last normalisation where the blocks normalise first."""

    def __init__(self, options: TransformerOptions, layers: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TransformerEncoderBlock(options) for _ in range(layers))
        # blocks that normalise first leave the sum of all residuals as it is
        self.norm = nn.LayerNorm(options.size) if options.norm == "pre" else nn.Identity()

    def forward(self, x_BTD: Tensor, mask_BT: Tensor | None = None) -> Tensor:
        """Return features of the same shape; no position attends to padding (mask 0)."""
        mask_B11T = key_mask(mask_BT)
        for block in self.blocks:
            x_BTD = block(x_BTD, mask_B11T)
        return self.norm(x_BTD)


@dataclass(slots=True)
class DecoderState:
    """The state of a stack of decoder blocks between the steps of a search."""

    blocks: list[BlockState]
    memory_mask_B11S: Tensor | None
    length: int = 0

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        """Reorder the rows of the past and the sentences of the memory; those not named are dropped, None keeps all."""
        for block in self.blocks:
            block.past.select(rows)
            if sentences is not None:
                block.memory_keys_BHSE = block.memory_keys_BHSE.index_select(0, sentences)
                block.memory_values_BHSE = block.memory_values_BHSE.index_select(0, sentences)
        if sentences is not None and self.memory_mask_B11S is not None:
            self.memory_mask_B11S = self.memory_mask_B11S.index_select(0, sentences)


class TransformerDecoder(nn.Module):
    """A stack of decoder blocks, with a last normalisation where the blocks normalise first."""

    def __init__(self, options: TransformerOptions, layers: int, memory_size: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TransformerDecoderBlock(options, memory_size) for _ in range(layers))
        # blocks that normalise first leave the sum of all residuals as it is
        self.norm = nn.LayerNorm(options.size) if options.norm == "pre" else nn.Identity()

    def forward(
        self, x_BTD: Tensor, mask_BT: Tensor | None, memory_BSD: Tensor, memory_mask_BS: Tensor | None
    ) -> Tensor:
        """Return features of the same shape; a position attends to itself, earlier real ones and the real memory."""
        mask_B1TT = causal_mask(x_BTD.shape[1], mask_BT, x_BTD.device)
        memory_mask_B11S = key_mask(memory_mask_BS)
        for block in self.blocks:
            x_BTD = block(x_BTD, mask_B1TT, memory_BSD, memory_mask_B11S)
        return self.norm(x_BTD)

    def start(self, memory_BSD: Tensor, memory_mask_BS: Tensor | None) -> DecoderState:
        """Return the state of a search before the first position."""
        starts = [block.start(memory_BSD) for block in self.blocks]  # type: ignore[operator]
        return DecoderState(starts, key_mask(memory_mask_BS))

    def step(self, x_ND: Tensor, state: DecoderState) -> Tensor:
        """Return [N, D] for the next position of each row."""
        for block, block_state in zip(self.blocks, state.blocks, strict=True):
            x_ND = block.step(x_ND, block_state, state.memory_mask_B11S)  # type: ignore[operator]
        state.length += 1
        return self.norm(x_ND)
