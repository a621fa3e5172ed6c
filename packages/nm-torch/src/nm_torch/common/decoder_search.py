"""The state of a `DecoderRNN` in the middle of a search.

Legend: B sentences, K beams of a sentence, N = B * K rows, L recurrent layers, D hidden size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from nm_torch.common.decoder_rnn import DecoderRNN


class DecoderScorer:
    """Scores the next label of each row; beams of a sentence share its projected memory.

    Args:
        decoder: the decoder, in evaluation mode.
        sentences: how many sentences are decoded.
        beams: rows of each sentence.
        encoder_outputs: [B, T, E], or none for a language model.
        encoder_lengths: valid frames of each sentence.
    """

    def __init__(
        self,
        decoder: DecoderRNN,
        sentences: int,
        beams: int,
        encoder_outputs: Tensor | None,
        encoder_lengths: Tensor | None,
    ) -> None:
        self._decoder = decoder
        self._sentences = sentences
        self._state: tuple[Tensor, ...] | Tensor | None = None
        self._memory: tuple[Tensor, Tensor] | None = None
        self._mask: Tensor | None = None
        if encoder_outputs is not None:
            self._memory = decoder.attention.project(encoder_outputs)
            self._mask = decoder.memory_mask(encoder_outputs, encoder_lengths)

    def score(self, symbols_N: Tensor) -> Tensor:
        """Take the last label of each row and return log-probabilities [N, V] of the next one."""
        decoder = self._decoder
        states_N1D, self._state = decoder.recurrent(decoder.embed(symbols_N.unsqueeze(1)), self._state)
        states_ND = states_N1D.squeeze(1)
        if self._memory is None:
            return decoder.read_out(states_ND, None)
        states_BKD = states_ND.unflatten(0, (self._sentences, -1))
        context_BKD, _ = decoder.attention(states_BKD, *self._memory, self._mask)
        return decoder.read_out(states_ND, context_BKD.flatten(0, 1))

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        """Keep these rows in this order, and these sentences (all of them where None)."""
        if isinstance(self._state, tuple):
            self._state = tuple(part_LND.index_select(1, rows) for part_LND in self._state)
        elif self._state is not None:
            self._state = self._state.index_select(1, rows)
        if sentences is None:
            return
        self._sentences = len(sentences)
        if self._memory is not None:
            self._memory = (self._memory[0].index_select(0, sentences), self._memory[1].index_select(0, sentences))
        if self._mask is not None:
            self._mask = self._mask.index_select(0, sentences)
