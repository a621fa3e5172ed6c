"""A recurrent decoder with attention, which is a language model where no encoder is connected.

Legend: B sentences, U labels, V labels with BOS and EOS, T frames of the encoder, E encoder size, D hidden size; in a
search K beams of a sentence, N = B * K rows, L recurrent layers.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Unpack

import torch
from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt, ProbabilityBelowOne
from nm_core.symbols.ports import PortSpec, optional, ports
from nm_torch.common.content_attention import ContentAttention, check_heads
from nm_torch.common.errors import OptionError, SearchError
from nm_torch.common.hypotheses import Hypothesis
from nm_torch.common.numerics import length_mask, log_softmax
from nm_torch.common.rnn import CELLS
from nm_torch.common.search import search
from nm_torch.common.search_options import SearchOptions
from nm_torch.modes import evaluation_mode
from nm_torch.module import TorchModule


class DecoderRNNOutputs(NamedTuple):
    """Log-probabilities of the next label, and attention weights where there is an encoder to attend to."""

    log_probs: Any
    attention: Any


class DecoderRNN(TorchModule[DecoderRNNOutputs]):
    """Predict each label from the labels before it and from the encoder's outputs, by attention.

    Labels run through recurrent layers; the state of each position attends to the encoder (global attention, Luong et
    al. 2015, arXiv 1508.04025), so that all positions of a training batch are computed at once. Without
    `encoder_outputs` the context is zero and the decoder is a language model: it can be trained alone on text, and its
    weights are then used with an encoder.

    Two classes stand above the labels: BOS (`num_labels`), which the decoder puts before the targets, and EOS
    (`num_labels` + 1), which ends them. So u labels give u + 1 predictions. Targets are padded with -1 on the right.
    Without `encoder_lengths` attention sees the padding of the encoder's outputs.

    Args:
        num_labels: labels, BOS and EOS not counted.
        encoder_size: features of the encoder's outputs; those of the decoder (`hidden_size`) where not given.
        hidden_size: features of the recurrent layers and of the attention.
        embedding_size: features of a label; `hidden_size` where not given.
        num_layers: recurrent layers.
        cell: "lstm" or "gru".
        heads: attention heads; the attention weights given out are their mean.
        dropout: on embeddings, between recurrent layers and before the projection, in training.
        tie_embedding: project with the embedding's weights (Press and Wolf 2017, arXiv 1608.05859).
        encoder_axis: the tag of the positions of the encoder's outputs: "Time", or "Token" for text.

    Raises:
        OptionError: an unknown cell, or a tied embedding of another size than the hidden one.

    Example:
        >>> decoder = DecoderRNN(num_labels=28, encoder_size=12, hidden_size=16)
        >>> targets = torch.tensor([[3, 1, 4], [1, 5, -1]])  # padded with -1
        >>> log_probs, attention = decoder(targets=targets, encoder_outputs=torch.randn(2, 9, 12))
        >>> log_probs.shape, attention.shape
        (torch.Size([2, 4, 30]), torch.Size([2, 4, 9]))
        >>> [[hypothesis]] = decoder.generate(max_length=5)  # a language model by itself
        >>> len(hypothesis.symbols) <= 5
        True
    """

    input_ports = ports(
        targets="B Token:u ; Labels({num_labels})",
        encoder_outputs=optional("B T:t Encoded:{encoder}"),
        encoder_lengths=optional("B ; Lengths(t)"),
    )
    output_ports = ports(
        log_probs="B Token:u+1 Class:{num_labels}+2 ; LogProbs",
        attention=optional("B Token:u+1 T:t ; Attention", needs=("encoder_outputs",)),
    )

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the tag of the encoder's positions."""
        inputs, outputs, axis = DecoderRNN.input_ports, DecoderRNN.output_ports, params["encoder_axis"]
        changed = ports(encoder_outputs=optional(f"B {axis}:t Encoded:{{encoder}}"))
        attention = ports(attention=optional(f"B Token:u+1 {axis}:t ; Attention", needs=("encoder_outputs",)))
        return PortSpec({**inputs, **changed}.values()), PortSpec({**outputs, **attention}.values())

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the encoder's size, which is the hidden size where it is not given."""
        return {"encoder": params["encoder_size"] or params["hidden_size"]}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that embeddings can be tied, and that the heads divide the hidden size."""
        hidden_size, embedding_size = params["hidden_size"], params["embedding_size"] or params["hidden_size"]
        if params["tie_embedding"] and embedding_size != hidden_size:
            raise OptionError(
                f"tie_embedding needs embeddings of the hidden size {hidden_size}; given was {embedding_size}.\n"
                "  Leave embedding_size out."
            )
        if params["encoder_size"] is not None:
            check_heads(hidden_size, params["heads"])

    def __init__(
        self,
        *,
        num_labels: PositiveInt,
        encoder_size: PositiveInt | None = None,
        hidden_size: PositiveInt = 256,
        embedding_size: PositiveInt | None = None,
        num_layers: PositiveInt = 1,
        cell: Literal["lstm", "gru"] = "lstm",
        heads: PositiveInt = 1,
        dropout: ProbabilityBelowOne = 0.1,
        tie_embedding: bool = False,
        encoder_axis: str = "Time",
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        embedding_size = embedding_size or hidden_size
        self.num_labels = num_labels
        self.bos = num_labels
        self.eos = num_labels + 1
        self.embedding = nn.Embedding(num_labels + 2, embedding_size)
        self.dropout = nn.Dropout(dropout)
        between = dropout if num_layers > 1 else 0.0  # torch warns of dropout after the only layer
        self.recurrent = CELLS[cell](embedding_size, hidden_size, num_layers, batch_first=True, dropout=between)
        self.attention = ContentAttention(hidden_size, encoder_size or hidden_size, heads)
        self.from_state = nn.Linear(hidden_size, hidden_size)
        self.from_context = nn.Linear(hidden_size, hidden_size, bias=False)
        self.project = nn.Linear(hidden_size, num_labels + 2)
        # logits of a tied embedding begin with a variance near 1
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)
        if tie_embedding:
            self.project.weight = self.embedding.weight

    def forward(
        self, targets: Tensor, encoder_outputs: Tensor | None = None, encoder_lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return log-probabilities [B, U+1, V] and attention weights [B, U+1, T], or none without an encoder.

        Args:
            targets: int64 [B, U], padded with -1.
            encoder_outputs: [B, T, E].
            encoder_lengths: valid frames of each sentence, int64 [B].
        """
        bos_B1 = targets.new_full((len(targets), 1), self.bos)
        # -1 indexes no embedding; any label will do, since the loss leaves these positions out
        symbols_BU = torch.cat([bos_B1, targets.masked_fill(targets < 0, self.eos)], dim=1)
        states_BUD, _ = self.recurrent(self.embed(symbols_BU))
        if encoder_outputs is None:
            return self.read_out(states_BUD, None), None
        mask_BT = self.memory_mask(encoder_outputs, encoder_lengths)
        memory = self.attention.project(encoder_outputs)
        context_BUD, attention_BUT = self.attention(states_BUD, *memory, mask_BT)
        return self.read_out(states_BUD, context_BUD), attention_BUT

    def embed(self, symbols: Tensor) -> Tensor:
        """Return the features of symbols, BOS and EOS included."""
        return self.dropout(self.embedding(symbols))

    def read_out(self, states: Tensor, context: Tensor | None) -> Tensor:
        """Return log-probabilities from recurrent states and, where there is an encoder, their context."""
        mixed = self.from_state(states)
        if context is not None:
            mixed = mixed + self.from_context(context)
        return log_softmax(self.project(self.dropout(mixed.tanh())))

    def memory_mask(self, encoder_outputs: Tensor, encoder_lengths: Tensor | None) -> Tensor | None:
        """Return a boolean mask [B, T], true at real frames, or None where all are real."""
        if encoder_lengths is None:
            return None
        return length_mask(encoder_lengths, encoder_outputs.shape[1], encoder_outputs.device)

    def generate(
        self,
        encoder_outputs: Tensor | None = None,
        encoder_lengths: Tensor | None = None,
        *,
        max_length: int | None = None,
        min_length: int = 0,
        beam_size: int = 1,
        n_best: int = 1,
        length_penalty: float = 0.6,
    ) -> list[list[Hypothesis]]:
        """Search the best label sequences of each sentence, best first; without an encoder, those of one sentence.

        Args:
            encoder_outputs: [B, T, E].
            encoder_lengths: valid frames of each sentence, int64 [B].
            max_length: labels, at most; the number of frames of each sentence where not given.
            min_length: labels, at least.
            beam_size: partial hypotheses per sentence; 1 takes the best label at each position.
            n_best: hypotheses per sentence.
            length_penalty: see `SearchOptions`.
        """
        options = SearchOptions(
            bos=self.bos,
            eos=self.eos,
            forbidden=(self.bos,),  # a class of the output that no target ever has
            beam_size=beam_size,
            n_best=n_best,
            length_penalty=length_penalty,
            min_length=min_length,
        )
        limits_B = self._resolve_limits(encoder_outputs, encoder_lengths, max_length)
        with evaluation_mode(self), torch.inference_mode():
            scorer = DecoderScorer(self, len(limits_B), encoder_outputs, encoder_lengths)
            return search(scorer, limits_B, options)

    def _resolve_limits(self, outputs: Tensor | None, lengths: Tensor | None, max_length: int | None) -> Tensor:
        device = self.embedding.weight.device
        if outputs is None:
            if max_length is None:
                raise SearchError(
                    "a language model has no frames that bound its text.\n  Give max_length, the most labels to write."
                )
            return torch.full((1,), max_length, device=device)
        frames_B = torch.full((len(outputs),), outputs.shape[1]) if lengths is None else lengths
        return frames_B.to(device) if max_length is None else torch.full_like(frames_B, max_length, device=device)


class DecoderScorer:
    """Scores the next label of each row; beams of a sentence share its projected memory.

    Args:
        decoder: the decoder, in evaluation mode.
        sentences: the number of sentences.
        encoder_outputs: [B, T, E], or none for a language model.
        encoder_lengths: valid frames of each sentence.
    """

    def __init__(
        self,
        decoder: DecoderRNN,
        sentences: int,
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
        """Reorder the rows and drop those not named, and likewise the sentences (None keeps all of them)."""
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
