"""Samples of the tests of nm-nlp: words, files and small models."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nm_nlp import TransformerDecoderNM, TransformerEncoderNM, TransformerLogSoftmaxNM

ENGLISH = ["zero", "one", "two", "three", "four", "five"]
GERMAN = ["null", "eins", "zwei", "drei", "vier", "fünf"]


class Corpus(NamedTuple):
    """Files of parallel text and of the tokenizers of both sides, with ten ids each."""

    source: Path
    target: Path
    source_tokenizer: Path
    target_tokenizer: Path


class Model(NamedTuple):
    """The three modules of a small translation model."""

    encoder: TransformerEncoderNM
    decoder: TransformerDecoderNM
    log_softmax: TransformerLogSoftmaxNM

    def log_probs(self, src: Tensor, src_mask: Tensor, tgt: Tensor, tgt_mask: Tensor) -> Tensor:
        """Return log-probabilities [B, T, V] of a batch."""
        hidden = self.encoder(input_ids=src, input_mask_src=src_mask)
        states = self.decoder(
            input_ids_tgt=tgt, hidden_states_src=hidden, input_mask_src=src_mask, input_mask_tgt=tgt_mask
        )
        return self.log_softmax(hidden_states=states)


def small_model(vocabulary_size: int = 10, *, tokenizers: Corpus | None = None, **changes: Any) -> Model:
    """Return a model of one layer each with weights large enough that its predictions differ."""
    parameters = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "inner_size": 24, "dropout": 0.0, **changes}
    source, target = (None, None) if tokenizers is None else tokenizers[2:]
    model = Model(
        TransformerEncoderNM(vocabulary_size=vocabulary_size, tokenizer=source, name="encoder", **parameters),
        TransformerDecoderNM(vocabulary_size=vocabulary_size, tokenizer=target, name="decoder", **parameters),
        TransformerLogSoftmaxNM(
            hidden_size=parameters["hidden_size"], vocabulary_size=vocabulary_size, name="log_softmax"
        ),
    )
    torch.nn.init.normal_(model.log_softmax.weight)
    return Model(*(module.eval() for module in model))
