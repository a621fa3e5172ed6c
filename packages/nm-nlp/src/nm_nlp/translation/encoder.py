"""The encoder of a translation model.

Legend: B sentences, S source positions, D model size.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Unpack

from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt, ProbabilityBelowOne
from nm_core.symbols.ports import ports
from nm_nlp.translation.embedding import (
    Positions,
    check_length,
    check_transformer,
    embed,
    make_embedding,
    make_positions,
)
from nm_torch import TorchModule
from nm_torch.common.tokenizers.vocabulary_check import load_model_tokenizer
from nm_torch.common.transformer import TransformerEncoder, TransformerOptions


class TransformerEncoderNM(TorchModule):
    """A Transformer encoder: one vector per token of a sentence (Vaswani et al. 2017, arXiv 1706.03762).

    The mask is 1 (true) at real tokens and 0 (false) at padding, which stands on the right and never changes a result
    at a real token; results at padding are zero.

    Args:
        vocabulary_size: number of token ids.
        hidden_size: features per token.
        num_layers: Transformer blocks.
        num_heads: attention heads; they divide `hidden_size`.
        inner_size: features inside the position-wise networks.
        dropout: on embeddings and on the result of each sub-layer, in training.
        attention_dropout: on attention weights, in training.
        inner_dropout: inside the position-wise networks, in training.
        activation: "relu", "gelu" or "silu".
        norm: "pre" normalises the input of each sub-layer, "post" the sum after it, as in the paper.
        positions: "sinusoidal", or "learned" for `max_sequence_length` positions.
        max_sequence_length: tokens of a sentence, at most; sinusoidal positions have no limit of their own.
        tokenizer: file of the source's tokenizer, kept with the application so that it translates text.

    Raises:
        OptionError: sizes that do not divide, or an unknown option.
        TokenizerError: the tokenizer has another number of ids than `vocabulary_size`.

    Example:
        >>> import torch
        >>> encoder = TransformerEncoderNM(vocabulary_size=11, hidden_size=16, num_layers=2, num_heads=4)
        >>> input_ids = torch.tensor([[5, 6, 2], [7, 2, 0]])  # padded with 0
        >>> encoder(input_ids=input_ids, input_mask_src=input_ids != 0).shape
        torch.Size([2, 3, 16])
    """

    input_ports = ports(input_ids="B Token:s ; TokenIds({vocabulary_size})", input_mask_src="B Token:s ; Mask")
    output_ports = ports(hidden_states="B Token:s Encoded:{hidden_size} ; Features")
    asset_params: ClassVar[tuple[str, ...]] = ("tokenizer",)

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that the parameters fit each other."""
        check_transformer(params)

    def __init__(
        self,
        *,
        vocabulary_size: PositiveInt,
        hidden_size: PositiveInt = 512,
        num_layers: PositiveInt = 6,
        num_heads: PositiveInt = 8,
        inner_size: PositiveInt = 2048,
        dropout: ProbabilityBelowOne = 0.1,
        attention_dropout: ProbabilityBelowOne = 0.0,
        inner_dropout: ProbabilityBelowOne = 0.0,
        activation: str = "relu",
        norm: Literal["pre", "post"] = "pre",
        positions: Positions = "sinusoidal",
        max_sequence_length: PositiveInt | None = None,
        tokenizer: str | Path | None = None,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.tokenizer = load_model_tokenizer(tokenizer, vocabulary_size)
        self.max_sequence_length = max_sequence_length
        self.embedding = make_embedding(vocabulary_size, hidden_size)
        self.positions = make_positions(positions, hidden_size, max_sequence_length)
        self.dropout = nn.Dropout(dropout)
        layer_options = TransformerOptions(
            size=hidden_size,
            heads=num_heads,
            inner_size=inner_size,
            dropout=dropout,
            attention_dropout=attention_dropout,
            inner_dropout=inner_dropout,
            activation=activation,
            norm=norm,
        )
        self.transformer = TransformerEncoder(layer_options, num_layers)

    def forward(self, input_ids: Tensor, input_mask_src: Tensor) -> Tensor:
        """Return features [B, S, D] from token ids [B, S] and their mask [B, S]."""
        length = input_ids.shape[1]
        check_length(length, self.max_sequence_length)
        x_BSD = self.dropout(embed(input_ids, self.embedding, self.positions(length)))
        hidden_BSD = self.transformer(x_BSD, input_mask_src)
        # zero at padding, so that no later layer can see how much of it there was
        return hidden_BSD.masked_fill(~input_mask_src.bool().unsqueeze(2), 0.0)
