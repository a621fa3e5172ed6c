"""The decoder of a translation model.

Legend: B sentences, S source positions, T target positions, D model size, N rows that are decoded in parallel.
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
from nm_torch.common.transformer import DecoderState, TransformerDecoder, TransformerOptions


class TransformerDecoderNM(TorchModule):
    """A Transformer decoder: features for each next token, from the target so far and the source.

    Vaswani et al. 2017, arXiv 1706.03762. Each position sees itself, the positions before it and the whole source.
    Masks are 1 (true) at real tokens and 0 (false) at padding, which stands on the right and never changes a result at
    a real token.

    Args:
        vocabulary_size: number of token ids.
        hidden_size: features per token.
        encoder_size: features of the encoder's hidden states; `hidden_size` where not given.
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
        tokenizer: file of the target's tokenizer, kept with the application so that it translates to text.

    Raises:
        OptionError: sizes that do not divide, or an unknown option.
        TokenizerError: the tokenizer has another number of ids than `vocabulary_size`.

    Example:
        >>> import torch
        >>> decoder = TransformerDecoderNM(vocabulary_size=11, hidden_size=16, num_layers=2, num_heads=4)
        >>> mask = torch.ones(2, 3, dtype=torch.bool)
        >>> decoder(
        ...     input_ids_tgt=torch.tensor([[1, 5, 6], [1, 7, 8]]),
        ...     hidden_states_src=torch.randn(2, 3, 16),
        ...     input_mask_src=mask,
        ...     input_mask_tgt=mask,
        ... ).shape
        torch.Size([2, 3, 16])
    """

    input_ports = ports(
        input_ids_tgt="B Token:t ; TokenIds({vocabulary_size})",
        hidden_states_src="B Token:s Encoded:{encoder}",
        input_mask_src="B Token:s ; Mask",
        input_mask_tgt="B Token:t ; Mask",
    )
    output_ports = ports(hidden_states="B Token:t Encoded:{hidden_size} ; Features")
    asset_params: ClassVar[tuple[str, ...]] = ("tokenizer",)

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the encoder's size, which is the hidden size where it is not given."""
        return {"encoder": params["encoder_size"] or params["hidden_size"]}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that the parameters fit each other."""
        check_transformer(params)

    def __init__(
        self,
        *,
        vocabulary_size: PositiveInt,
        hidden_size: PositiveInt = 512,
        encoder_size: PositiveInt | None = None,
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
        self.transformer = TransformerDecoder(layer_options, num_layers, encoder_size or hidden_size)

    def forward(
        self, input_ids_tgt: Tensor, hidden_states_src: Tensor, input_mask_src: Tensor, input_mask_tgt: Tensor
    ) -> Tensor:
        """Return features [B, T, D] from token ids [B, T], source features [B, S, E] and the masks of both."""
        length = input_ids_tgt.shape[1]
        check_length(length, self.max_sequence_length)
        x_BTD = self.dropout(embed(input_ids_tgt, self.embedding, self.positions(length)))
        return self.transformer(x_BTD, input_mask_tgt, hidden_states_src, input_mask_src)

    def start(self, hidden_states_src: Tensor, input_mask_src: Tensor | None) -> DecoderState:
        """Return the state of a search before the first token."""
        return self.transformer.start(hidden_states_src, input_mask_src)

    def step(self, ids_N: Tensor, state: DecoderState) -> Tensor:
        """Return features [N, D] for the next token of each row from its last one; the state moves on by one."""
        check_length(state.length + 1, self.max_sequence_length)
        # in evaluation mode, so that dropout changes nothing: training never takes single steps
        x_ND = self.dropout(embed(ids_N, self.embedding, self.positions(1, state.length)))
        return self.transformer.step(x_ND, state)
