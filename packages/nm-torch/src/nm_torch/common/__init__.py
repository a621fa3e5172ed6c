"""The collection `common`: layers, recurrent coders, losses, searches; tokenizers, hypotheses, error rates."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_torch.common.decoder_rnn import DecoderRNN
    from nm_torch.common.error_rates import CharacterErrorRate, WordErrorRate
    from nm_torch.common.hypotheses import Hypothesis, Token, Word
    from nm_torch.common.labels import LabelVocabulary
    from nm_torch.common.linear import ArgMax, Linear, LogSoftmax
    from nm_torch.common.losses import CrossEntropyLoss, MSELoss, SequenceLoss
    from nm_torch.common.pointwise import Activation, Dropout, LayerNorm
    from nm_torch.common.pooling import Pooling
    from nm_torch.common.rnn import EncoderRNN
    from nm_torch.common.shapes import Add, Concat, Stack
    from nm_torch.common.subsampling import ConvSubsampling, FrameStacking
    from nm_torch.common.tokenizers import (
        CharacterTokenizer,
        SentencePieceTokenizer,
        Tokenizer,
        WordTokenizer,
        load_tokenizer,
        train_tokenizer,
    )
    from nm_torch.loss import LossAggregator
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "Activation": "nm_torch.common.pointwise",
            "Add": "nm_torch.common.shapes",
            "ArgMax": "nm_torch.common.linear",
            "CharacterErrorRate": "nm_torch.common.error_rates",
            "CharacterTokenizer": "nm_torch.common.tokenizers",
            "Concat": "nm_torch.common.shapes",
            "ConvSubsampling": "nm_torch.common.subsampling",
            "CrossEntropyLoss": "nm_torch.common.losses",
            "DecoderRNN": "nm_torch.common.decoder_rnn",
            "Dropout": "nm_torch.common.pointwise",
            "EncoderRNN": "nm_torch.common.rnn",
            "FrameStacking": "nm_torch.common.subsampling",
            "Hypothesis": "nm_torch.common.hypotheses",
            "LabelVocabulary": "nm_torch.common.labels",
            "LayerNorm": "nm_torch.common.pointwise",
            "Linear": "nm_torch.common.linear",
            "LogSoftmax": "nm_torch.common.linear",
            "LossAggregator": "nm_torch.loss",
            "MSELoss": "nm_torch.common.losses",
            "Pooling": "nm_torch.common.pooling",
            "SentencePieceTokenizer": "nm_torch.common.tokenizers",
            "SequenceLoss": "nm_torch.common.losses",
            "Stack": "nm_torch.common.shapes",
            "Token": "nm_torch.common.hypotheses",
            "Tokenizer": "nm_torch.common.tokenizers",
            "Word": "nm_torch.common.hypotheses",
            "WordErrorRate": "nm_torch.common.error_rates",
            "WordTokenizer": "nm_torch.common.tokenizers",
            "load_tokenizer": "nm_torch.common.tokenizers",
            "train_tokenizer": "nm_torch.common.tokenizers",
        },
    )

__all__ = [
    "Activation",
    "Add",
    "ArgMax",
    "CharacterErrorRate",
    "CharacterTokenizer",
    "Concat",
    "ConvSubsampling",
    "CrossEntropyLoss",
    "DecoderRNN",
    "Dropout",
    "EncoderRNN",
    "FrameStacking",
    "Hypothesis",
    "LabelVocabulary",
    "LayerNorm",
    "Linear",
    "LogSoftmax",
    "LossAggregator",
    "MSELoss",
    "Pooling",
    "SentencePieceTokenizer",
    "SequenceLoss",
    "Stack",
    "Token",
    "Tokenizer",
    "Word",
    "WordErrorRate",
    "WordTokenizer",
    "load_tokenizer",
    "train_tokenizer",
]
