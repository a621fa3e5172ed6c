"""Parameters with which the modules of the collection `nm` can be made."""

from collections.abc import Mapping, Sequence
from typing import Any

TRANSPOSE: Sequence[Mapping[str, Any]] = [{"order": "Batch Spectrogram Time"}]
ASSUME: Sequence[Mapping[str, Any]] = [{"type": "Batch Spectrogram:64 Time"}, {"type": "Batch Time Class ; LogProbs"}]
