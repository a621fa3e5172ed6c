"""Encoder, decoder and log-softmax with real tensors and with symbols."""

from typing import Any

import pytest
import torch
from nm_nlp_samples import Corpus, small_model

from nm_core import ParameterError, inputs
from nm_nlp import (
    PaddedSmoothedCrossEntropyLossNM,
    TransformerDecoderNM,
    TransformerEncoderNM,
    TransformerLogSoftmaxNM,
)
from nm_nlp.errors import TokenizerError
from nm_torch.common.errors import OptionError, SequenceLengthError
from nm_torch.precision import resolve_precision
from nm_types import NeuralTypeError

SRC = torch.tensor([[4, 5, 6, 2], [7, 2, 0, 0]])
TGT = torch.tensor([[1, 5, 4], [1, 6, 0]])


@pytest.mark.parametrize("changes", [{}, {"norm": "post", "positions": "learned", "max_sequence_length": 8}])
def test_padding_never_changes_a_result(changes: dict[str, Any]) -> None:
    """The shorter sentence gives alone what it gives beside a longer one, and hidden states at padding are zero."""
    model = small_model(**changes)

    together = model.log_probs(SRC, SRC != 0, TGT, TGT != 0)
    alone = model.log_probs(SRC[1:, :2], SRC[1:, :2] != 0, TGT[1:, :2], TGT[1:, :2] != 0)

    torch.testing.assert_close(together[1:, :2], alone, rtol=1e-5, atol=1e-5)
    assert model.encoder(SRC, SRC != 0)[1, 2:].abs().sum() == 0


def test_masks_may_be_numbers() -> None:
    """1 at real tokens means what true means."""
    model = small_model()

    truth, numbers = SRC != 0, (SRC != 0).long()

    torch.testing.assert_close(
        model.log_probs(SRC, truth, TGT, TGT != 0), model.log_probs(SRC, numbers, TGT, (TGT != 0).long())
    )


def test_order_matters() -> None:
    """Positions reach the result: turning a source round changes its translation's probabilities."""
    model = small_model()
    turned = SRC[:1].flip(1)

    first, second = (model.log_probs(src, src != 0, TGT[:1], TGT[:1] != 0) for src in (SRC[:1], turned))

    assert not torch.allclose(first, second)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_stays_close_to_single(precision: str) -> None:
    """In the engine's half precisions log-probabilities are float32, finite and near those of fp32."""
    model = small_model()
    context = resolve_precision(precision, torch.device("cpu")).context()
    assert context is not None

    with context:
        half = model.log_probs(SRC, SRC != 0, TGT, TGT != 0)

    assert half.dtype == torch.float32
    assert (half - model.log_probs(SRC, SRC != 0, TGT, TGT != 0))[TGT != 0].abs().max() < 0.2


def test_embedding_and_projection_can_be_one() -> None:
    """The weight of the last layer has the shape of the embedding, under the names that ties use."""
    model = small_model()

    names = dict(model.decoder.named_parameters()), dict(model.log_softmax.named_parameters())

    assert names[0]["embedding.weight"].shape == names[1]["weight"].shape == (10, 16)
    assert list(names[1]) == ["weight"]
    assert "bias" in TransformerLogSoftmaxNM(hidden_size=4, vocabulary_size=5, bias=True).state_dict()


def test_the_graph_is_typed_from_ids_to_loss() -> None:
    """Sizes of vocabularies and positions run through; another vocabulary and swapped masks are errors."""
    x = inputs(
        src="B SourceToken:s ; TokenIds(10)",
        src_mask="B SourceToken:s ; Mask",
        tgt="B TargetToken:t ; TokenIds(10)",
        tgt_mask="B TargetToken:t ; Mask",
        labels="B TargetToken:t ; NextTokenIds(10)",
        foreign="B TargetToken:t ; NextTokenIds(11)",
    )
    model, loss = small_model(), PaddedSmoothedCrossEntropyLossNM()

    log_probs: Any = model.log_probs(x.src, x.src_mask, x.tgt, x.tgt_mask)

    assert str(log_probs.type) == "Batch Token:inputs.t Class:10 ; LogProbs"
    assert str(loss(log_probs=log_probs, target_ids=x.labels).type) == "; Loss"
    with pytest.raises(NeuralTypeError):
        loss(log_probs=log_probs, target_ids=x.foreign)
    with pytest.raises(NeuralTypeError):
        model.encoder(input_ids=x.foreign, input_mask_src=x.tgt_mask)
    with pytest.raises(NeuralTypeError, match="NM107"):
        model.log_probs(x.src, x.tgt_mask, x.tgt, x.src_mask)
    with pytest.raises(NeuralTypeError, match=r"NM106(.|\n)*NextTokenIds"):
        loss(log_probs=log_probs, target_ids=x.tgt)
    with pytest.raises(NeuralTypeError, match=r"NM106(.|\n)*NextTokenIds"):
        model.log_probs(x.src, x.src_mask, x.labels, x.tgt_mask)
    with pytest.raises(NeuralTypeError):
        model.log_softmax(hidden_states=log_probs)


def test_an_encoder_of_another_size_fits(corpus: Corpus) -> None:
    """The decoder reads hidden states of the size it is told."""
    decoder = TransformerDecoderNM(
        vocabulary_size=10, hidden_size=16, encoder_size=6, num_layers=1, num_heads=2, inner_size=8
    )

    assert decoder(TGT, torch.randn(2, 4, 6), SRC != 0, TGT != 0).shape == (2, 3, 16)
    assert str(decoder.inputs["hidden_states_src"].type).endswith("Encoded:6")


def test_the_tokenizer_kept_is_of_the_models_size(corpus: Corpus) -> None:
    """A tokenizer of another size is refused with both numbers."""
    with pytest.raises(TokenizerError, match=r"vocabulary_size is 11, and .*en.json has 10 ids"):
        small_model(11, tokenizers=corpus)
    assert small_model(10, tokenizers=corpus).encoder.asset_params == ("tokenizer",)


def test_a_sentence_longer_than_the_model_is_an_error() -> None:
    """The message gives both lengths, for learned and for sinusoidal positions."""
    for changes in ({"positions": "learned", "max_sequence_length": 3}, {"max_sequence_length": 3}):
        with pytest.raises(SequenceLengthError, match=r"4 tokens, and max_sequence_length=3"):
            small_model(**changes).encoder(SRC, SRC != 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"positions": "learned"}, "max_sequence_length"), ({"positions": "rotary"}, "sinusoidal")],
)
def test_impossible_positions_are_refused(changes: dict[str, Any], message: str) -> None:
    """Learned positions need their number; others are unknown."""
    with pytest.raises((OptionError, ParameterError), match=message):
        TransformerEncoderNM(vocabulary_size=10, hidden_size=16, num_heads=2, **changes)
