"""Speech recognition as typed neural modules."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_asr.data.corpus import Corpus, synthesize_corpus
    from nm_asr.data.layer import AudioToTextDataLayer
    from nm_asr.data.manifest import read_manifest
    from nm_asr.data.utterance import Utterance
    from nm_asr.decoders.connector import JasperRNNConnector
    from nm_asr.decoders.ctc import JasperDecoderForCTC
    from nm_asr.decoding.greedy import GreedyCTCDecoder
    from nm_asr.encoders.jasper import JasperEncoder
    from nm_asr.features.mel import AudioToMelSpectrogramPreprocessor
    from nm_asr.features.spec_augment import SpectrogramAugmentation
    from nm_asr.losses import CTCLossNM
    from nm_asr.transcription import transcribe
    from nm_torch.common.error_rates import CharacterErrorRate, WordErrorRate
    from nm_torch.common.hypotheses import Hypothesis, Token, Word
    from nm_torch.common.labels import ENGLISH, Labels
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "AudioToMelSpectrogramPreprocessor": "nm_asr.features.mel",
            "AudioToTextDataLayer": "nm_asr.data.layer",
            "CTCLossNM": "nm_asr.losses",
            "CharacterErrorRate": "nm_torch.common.error_rates",
            "Corpus": "nm_asr.data.corpus",
            "ENGLISH": "nm_torch.common.labels",
            "GreedyCTCDecoder": "nm_asr.decoding.greedy",
            "Hypothesis": "nm_torch.common.hypotheses",
            "JasperDecoderForCTC": "nm_asr.decoders.ctc",
            "JasperEncoder": "nm_asr.encoders.jasper",
            "JasperRNNConnector": "nm_asr.decoders.connector",
            "Labels": "nm_torch.common.labels",
            "SpectrogramAugmentation": "nm_asr.features.spec_augment",
            "Token": "nm_torch.common.hypotheses",
            "Utterance": "nm_asr.data.utterance",
            "Word": "nm_torch.common.hypotheses",
            "WordErrorRate": "nm_torch.common.error_rates",
            "read_manifest": "nm_asr.data.manifest",
            "synthesize_corpus": "nm_asr.data.corpus",
            "transcribe": "nm_asr.transcription",
        },
    )

__all__ = [
    "ENGLISH",
    "AudioToMelSpectrogramPreprocessor",
    "AudioToTextDataLayer",
    "CTCLossNM",
    "CharacterErrorRate",
    "Corpus",
    "GreedyCTCDecoder",
    "Hypothesis",
    "JasperDecoderForCTC",
    "JasperEncoder",
    "JasperRNNConnector",
    "Labels",
    "SpectrogramAugmentation",
    "Token",
    "Utterance",
    "Word",
    "WordErrorRate",
    "read_manifest",
    "synthesize_corpus",
    "transcribe",
]
