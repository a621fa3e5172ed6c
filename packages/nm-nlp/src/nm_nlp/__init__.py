"""Language modelling and translation as typed neural modules."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nm_nlp.data.translation import TranslationDataLayer
    from nm_nlp.metrics.bleu import BLEU, ChrF
    from nm_nlp.metrics.perplexity import Perplexity
    from nm_nlp.metrics.translation import TranslationScore
    from nm_nlp.tokenizers import (
        CharacterTokenizer,
        SentencePieceTokenizer,
        Tokenizer,
        WordTokenizer,
        load_tokenizer,
        train_tokenizer,
    )
    from nm_nlp.translation.decoder import TransformerDecoderNM
    from nm_nlp.translation.encoder import TransformerEncoderNM
    from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
    from nm_nlp.translation.loss import PaddedSmoothedCrossEntropyLossNM
    from nm_nlp.translation.search_module import BeamSearchTranslatorNM, LinesOfText
    from nm_nlp.translation.task import translate
    from nm_nlp.translation.translator import Translation, Translator

_PLACES = {
    "BLEU": "metrics.bleu",
    "BeamSearchTranslatorNM": "translation.search_module",
    "CharacterTokenizer": "tokenizers.character",
    "ChrF": "metrics.bleu",
    "LinesOfText": "translation.search_module",
    "PaddedSmoothedCrossEntropyLossNM": "translation.loss",
    "Perplexity": "metrics.perplexity",
    "SentencePieceTokenizer": "tokenizers.sentencepiece",
    "Tokenizer": "tokenizers.protocol",
    "TransformerDecoderNM": "translation.decoder",
    "TransformerEncoderNM": "translation.encoder",
    "TransformerLogSoftmaxNM": "translation.log_softmax",
    "Translation": "translation.translator",
    "TranslationDataLayer": "data.translation",
    "TranslationScore": "metrics.translation",
    "Translator": "translation.translator",
    "WordTokenizer": "tokenizers.word",
    "load_tokenizer": "tokenizers.loading",
    "train_tokenizer": "tokenizers.loading",
    "translate": "translation.task",
}

__all__ = [
    "BLEU",
    "BeamSearchTranslatorNM",
    "CharacterTokenizer",
    "ChrF",
    "LinesOfText",
    "PaddedSmoothedCrossEntropyLossNM",
    "Perplexity",
    "SentencePieceTokenizer",
    "Tokenizer",
    "TransformerDecoderNM",
    "TransformerEncoderNM",
    "TransformerLogSoftmaxNM",
    "Translation",
    "TranslationDataLayer",
    "TranslationScore",
    "Translator",
    "WordTokenizer",
    "load_tokenizer",
    "train_tokenizer",
    "translate",
]


def __getattr__(name: str) -> Any:
    """Import a part of the package when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
