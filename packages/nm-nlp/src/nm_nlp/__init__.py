"""Language modelling and translation as typed neural modules."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_nlp.data.lines_of_text import LinesOfText
    from nm_nlp.data.translation import TranslationDataLayer
    from nm_nlp.metrics.bleu import BLEU, ChrF
    from nm_nlp.metrics.perplexity import Perplexity
    from nm_nlp.metrics.translation_score import TranslationScore
    from nm_nlp.translation.beam_translator import BeamSearchTranslatorNM
    from nm_nlp.translation.decoder import TransformerDecoderNM
    from nm_nlp.translation.encoder import TransformerEncoderNM
    from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
    from nm_nlp.translation.loss import PaddedSmoothedCrossEntropyLossNM
    from nm_nlp.translation.task import translate
    from nm_nlp.translation.translator import Translation, Translator
    from nm_torch.common.tokenizers import (
        CharacterTokenizer,
        SentencePieceTokenizer,
        Tokenizer,
        WordTokenizer,
        load_tokenizer,
        train_tokenizer,
    )
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "BLEU": "nm_nlp.metrics.bleu",
            "BeamSearchTranslatorNM": "nm_nlp.translation.beam_translator",
            "CharacterTokenizer": "nm_torch.common.tokenizers",
            "ChrF": "nm_nlp.metrics.bleu",
            "LinesOfText": "nm_nlp.data.lines_of_text",
            "PaddedSmoothedCrossEntropyLossNM": "nm_nlp.translation.loss",
            "Perplexity": "nm_nlp.metrics.perplexity",
            "SentencePieceTokenizer": "nm_torch.common.tokenizers",
            "Tokenizer": "nm_torch.common.tokenizers",
            "TransformerDecoderNM": "nm_nlp.translation.decoder",
            "TransformerEncoderNM": "nm_nlp.translation.encoder",
            "TransformerLogSoftmaxNM": "nm_nlp.translation.log_softmax",
            "Translation": "nm_nlp.translation.translator",
            "TranslationDataLayer": "nm_nlp.data.translation",
            "TranslationScore": "nm_nlp.metrics.translation_score",
            "Translator": "nm_nlp.translation.translator",
            "WordTokenizer": "nm_torch.common.tokenizers",
            "load_tokenizer": "nm_torch.common.tokenizers",
            "train_tokenizer": "nm_torch.common.tokenizers",
            "translate": "nm_nlp.translation.task",
        },
    )

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
