"""Errors and warnings of nm-asr."""

from nm_core.errors import SettingsError
from nm_torch.common.errors import ComposedTextWarning, LabelError, LeftOutWarning, MetricError
from nm_types import NmError

__all__ = [
    "AudioError",
    "AugmentationError",
    "ComposedTextWarning",
    "DataLayerError",
    "DecodingError",
    "EncoderError",
    "FrontEndError",
    "ImpossibleAlignmentWarning",
    "LabelError",
    "LeftOutWarning",
    "ManifestError",
    "MetricError",
    "SynthesisError",
    "TranscriptionError",
]


class ManifestError(NmError, ValueError):
    """A manifest, or one line of it, cannot be used; the message names the file and the line."""


class AudioError(NmError, OSError):
    """An audio file is missing or cannot be decoded."""


class SynthesisError(NmError, RuntimeError):
    """The optional speech synthesiser is missing, or refuses a text or a voice."""


class TranscriptionError(NmError, ValueError):
    """An application cannot transcribe, or an input is not audio."""


class FrontEndError(SettingsError):
    """Settings of the acoustic front end contradict each other."""


class AugmentationError(SettingsError):
    """An augmentation is unknown or has settings that it does not know."""


class EncoderError(SettingsError):
    """The description of an encoder's blocks cannot be built."""


class ImpossibleAlignmentWarning(UserWarning):
    """Transcripts have more labels than CTC can align with the frames of their audio."""


class DataLayerError(SettingsError):
    """A setting of a data layer has no meaning."""


class DecodingError(SettingsError):
    """A setting of a decoder has no meaning."""
