"""Greedy and beam search of translations, with cached keys and values.

Legend: B sentences, S source positions, N rows that are decoded in parallel, V vocabulary.
"""

import torch
from torch import Tensor

from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_torch.common.hypotheses import Hypothesis
from nm_torch.common.search import search
from nm_torch.common.search_options import SearchOptions
from nm_torch.modes import evaluation_mode


class TransformerScorer:
    """A translation model in the middle of a search: a step computes one position, with cached keys and values.

    Args:
        decoder: the decoder.
        log_softmax: its last layer.
        hidden_BSD: the encoder's hidden states.
        mask_BS: 1 at real source tokens.
    """

    def __init__(
        self, decoder: TransformerDecoderNM, log_softmax: TransformerLogSoftmaxNM, hidden_BSD: Tensor, mask_BS: Tensor
    ) -> None:
        self._decoder = decoder
        self._log_softmax = log_softmax
        self._state = decoder.start(hidden_BSD, mask_BS)

    def score(self, symbols_N: Tensor) -> Tensor:
        """Take the last token of each row and return log-probabilities [N, V] of the next one."""
        return self._log_softmax.forward(self._decoder.step(symbols_N, self._state))

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        """Reorder the rows and drop those not named, and likewise the sentences (None keeps all of them)."""
        self._state.select(rows, sentences)


def compute_target_limits(mask_BS: Tensor, *, factor: float, extra: int, most: int | None) -> Tensor:
    """Return the most tokens of each translation, int64 [B]: factor * source tokens + extra, at most `most`."""
    limits_B = (mask_BS.sum(dim=1) * factor).long() + extra
    return limits_B if most is None else limits_B.clamp(max=most)


def search_translations(
    decoder: TransformerDecoderNM,
    log_softmax: TransformerLogSoftmaxNM,
    hidden_states_src: Tensor,
    input_mask_src: Tensor,
    options: SearchOptions,
    *,
    length_factor: float = 2.0,
    length_extra: int = 10,
) -> list[list[Hypothesis]]:
    """Search the best translations of each sentence as token ids, best first.

    Args:
        decoder: the decoder; it is in evaluation mode during the search.
        log_softmax: its last layer.
        hidden_states_src: the encoder's hidden states [B, S, D].
        input_mask_src: 1 at real source tokens [B, S].
        options: beam size, special symbols, length penalty.
        length_factor: the most target tokens per source token,
        length_extra: plus these.
    """
    # one position is for the beginning, which the decoder reads and nobody counts
    most = None if decoder.max_sequence_length is None else decoder.max_sequence_length - 1
    limits_B = compute_target_limits(input_mask_src, factor=length_factor, extra=length_extra, most=most)
    with evaluation_mode(decoder, log_softmax), torch.inference_mode():
        scorer = TransformerScorer(decoder, log_softmax, hidden_states_src, input_mask_src)
        return search(scorer, limits_B, options)
