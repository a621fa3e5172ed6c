"""Speech recognition as typed neural modules."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nm_asr.data.corpus import Corpus, synthesize_corpus
    from nm_asr.data.labels import ENGLISH, Labels
    from nm_asr.data.layer import AudioToTextDataLayer
    from nm_asr.data.manifest import Utterance, read_manifest
    from nm_asr.decoders.connector import JasperRNNConnector
    from nm_asr.decoders.ctc import JasperDecoderForCTC
    from nm_asr.decoding.greedy import GreedyCTCDecoder
    from nm_asr.decoding.hypothesis import Hypothesis, Token, Word
    from nm_asr.encoders.jasper import JasperEncoder
    from nm_asr.features.mel import AudioToMelSpectrogramPreprocessor
    from nm_asr.features.spec_augment import SpectrogramAugmentation
    from nm_asr.losses import CTCLossNM
    from nm_asr.metrics.error_rate import CharacterErrorRate, WordErrorRate
    from nm_asr.transcription import transcribe

_PLACES = {
    "AudioToMelSpectrogramPreprocessor": "features.mel",
    "AudioToTextDataLayer": "data.layer",
    "CTCLossNM": "losses",
    "CharacterErrorRate": "metrics.error_rate",
    "Corpus": "data.corpus",
    "ENGLISH": "data.labels",
    "GreedyCTCDecoder": "decoding.greedy",
    "Hypothesis": "decoding.hypothesis",
    "JasperDecoderForCTC": "decoders.ctc",
    "JasperEncoder": "encoders.jasper",
    "JasperRNNConnector": "decoders.connector",
    "Labels": "data.labels",
    "SpectrogramAugmentation": "features.spec_augment",
    "Token": "decoding.hypothesis",
    "Utterance": "data.manifest",
    "Word": "decoding.hypothesis",
    "WordErrorRate": "metrics.error_rate",
    "read_manifest": "data.manifest",
    "synthesize_corpus": "data.corpus",
    "transcribe": "transcription",
}

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


def __getattr__(name: str) -> Any:
    """Import a part of the package when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
