"""The last layer of a translation model.

Legend: B sentences, T target positions, D model size, V vocabulary.
"""

from typing import Unpack

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from nm_core import ModuleOptions, PositiveInt
from nm_core.symbols.ports import ports
from nm_torch import TorchModule
from nm_torch.common.numerics import log_softmax


class TransformerLogSoftmaxNM(TorchModule):
    """Project features to log-probabilities over the vocabulary; the softmax runs in float32.

    The weight has the shape of the decoder's embedding, so that both may be one:
    `nf.tie("decoder.embedding.weight", "log_softmax.weight")` (Press and Wolf 2017, arXiv 1608.05859).

    Args:
        hidden_size: features per token.
        vocabulary_size: number of token ids.
        bias: add one trained number per token.

    Example:
        >>> log_softmax = TransformerLogSoftmaxNM(hidden_size=16, vocabulary_size=11)
        >>> log_probs = log_softmax(hidden_states=torch.randn(2, 3, 16))
        >>> torch.allclose(log_probs.exp().sum(-1), torch.ones(2, 3))
        True
    """

    input_ports = ports(hidden_states="B Token:t Encoded:{hidden_size}")
    output_ports = ports(log_probs="B Token:t Class:{vocabulary_size} ; LogProbs")

    def __init__(
        self,
        *,
        hidden_size: PositiveInt,
        vocabulary_size: PositiveInt,
        bias: bool = False,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.weight = nn.Parameter(torch.empty(vocabulary_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(vocabulary_size)) if bias else None
        # as the embedding, with which the weight may be tied
        nn.init.normal_(self.weight, std=hidden_size**-0.5)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Return log-probabilities [..., V] from features [..., D]."""
        return log_softmax(linear(hidden_states, self.weight, self.bias))
