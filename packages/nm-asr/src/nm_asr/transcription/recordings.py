"""Recordings as they are given to `transcribe`: files, their bytes, and arrays of samples, read in blocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial
from numbers import Number
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nm_asr.data.audio import Samples, read_duration, resample_blocks, stream_audio
from nm_asr.data.audio_file import FASTEST, SLOWEST, check_samples, mix_channels, read_bytes
from nm_asr.errors import AudioError, TranscriptionError

Recording = str | PathLike[str] | bytes | BinaryIO | NDArray[Any] | Tensor | Sequence[float]
"""A path, the bytes of a file, a file open for reading, or samples."""

_BLOCK = 2**18
_MOST_CHANNELS = 32
"""More are no channels of a recording, and fewer samples no recording."""
_INTEGERS: Mapping[str, tuple[float, float]] = {
    "int8": (0.0, 2.0**7),
    "uint8": (128.0, 2.0**7),
    "int16": (0.0, 2.0**15),
    "int32": (0.0, 2.0**31),
}
"""What silence and full scale are in the integers of PCM."""
_EXPECTED = (
    "  A recording is a path, an audio file's bytes, a file open for reading, or an array of floats within ±1 or of\n"
    "  8, 16 or 32-bit integers: [samples], [samples, channels] or [channels, samples]."
)


class Audio:
    """A recording that is read when its turn comes.

    Args:
        measure: returns its seconds.
        read: returns its samples in blocks at a rate.
    """

    def __init__(self, measure: Callable[[], float], read: Callable[[int], Iterator[Samples]]) -> None:
        self.seconds = measure
        self.blocks = read

    def samples(self, rate: int) -> Samples:
        """Read all of it, at a rate."""
        return np.concatenate([*self.blocks(rate)])


def is_single(audio: object) -> bool:
    """Return whether an argument is one recording, and not several."""
    if isinstance(audio, str | PathLike | bytes | bytearray | memoryview | np.ndarray | Tensor) or hasattr(
        audio, "read"
    ):
        return True
    return isinstance(audio, Sequence) and len(audio) > 0 and all(isinstance(item, float) for item in audio[:2])


def list_recordings(audio: Any) -> list[Any]:
    """Return several recordings as a list.

    Raises:
        TranscriptionError: they have no order, or are no recordings at all.
    """
    if isinstance(audio, Mapping | Set) or not hasattr(audio, "__iter__"):
        raise TranscriptionError(
            f"Given was {type(audio).__name__}; expected a recording, or a list of them.\n{_EXPECTED}"
        )
    return list(audio)


def make_audio(item: Any, name: str, rate: int) -> Audio:
    """Make a recording readable.

    Args:
        name: how messages call it.
        rate: samples per second of arrays.

    Raises:
        TranscriptionError: it is no recording.
        AudioError: a file object cannot be read.
    """
    if isinstance(item, str | PathLike):
        path = Path(item)
        return Audio(partial(_measure_path, path), partial(stream_audio, path))
    if hasattr(item, "read"):
        item = read_bytes(item)
    if isinstance(item, bytes | bytearray | memoryview):
        data = bytes(item)
        return Audio(partial(read_duration, data), partial(stream_audio, data))
    samples_TC = _check_array(item, name)
    return Audio(lambda: len(samples_TC) / rate, partial(_stream_array, samples_TC, name, rate))


def check_rate(rate: object, default: int) -> int:
    """Return the samples per second of arrays.

    Raises:
        TranscriptionError: it is not a whole number that a recording may have.
    """
    if rate is None:
        return default
    is_integer = isinstance(rate, Number) and not isinstance(rate, bool | complex) and rate == rate // 1  # type: ignore[operator]
    if not is_integer or not SLOWEST <= int(rate) <= FASTEST:  # type: ignore[call-overload]
        raise TranscriptionError(
            f"sample_rate is {rate!r}; expected samples per second, a whole number of {SLOWEST} to {FASTEST} such as "
            f"16000.\n  It is that of arrays; files state theirs. Without it arrays are taken to have {default}."
        )
    return int(rate)  # type: ignore[call-overload]


def _measure_path(path: Path) -> float:
    if path.is_dir():
        raise AudioError(
            f"{path}: it is a folder, not a recording.\n"
            f'  Give the recordings in it: sorted(pathlib.Path("{path}").glob("*.wav")), or {path}/*.wav in a shell.'
        )
    if path.suffix == ".jsonl":
        raise AudioError(
            f"{path}: it is a manifest, not a recording.\n"
            f'  Give its recordings: [utterance.path for utterance in nm_asr.read_manifest("{path}")].'
        )
    return read_duration(path)


def _check_array(item: object, name: str) -> NDArray[Any]:
    """Return samples ``[T, C]``, as they were given."""
    if isinstance(item, Tensor):
        tensor = item.detach().cpu().resolve_conj()
        samples = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    else:
        try:
            samples = np.asarray(item)
        except ValueError:  # rows of unlike length
            samples = np.asarray(None)
    if isinstance(item, Number):
        raise TranscriptionError(
            f"{name} is the number {item}.\n"
            "  Where a library gives (samples, sample_rate), say transcribe(samples, sample_rate=sample_rate).\n"
            f"{_EXPECTED}"
        )
    sound = samples.dtype.kind == "f" or samples.dtype.name in _INTEGERS
    if not sound or samples.ndim not in (1, 2) or samples.size == 0:
        wide = samples.dtype.kind in "iu" and samples.ndim in (1, 2) and not sound
        raise TranscriptionError(
            f"{name} is {type(item).__name__} of {samples.dtype} with shape {samples.shape}.\n{_EXPECTED}"
            + ("\n  What full scale is in wider integers is not known: divide by it." if wide else "")
        )
    return samples.reshape(-1, 1) if samples.ndim == 1 else _channels_last(samples, name)


def _channels_last(samples: NDArray[Any], name: str) -> NDArray[Any]:
    rows, columns = samples.shape
    if columns == 1 or (columns <= _MOST_CHANNELS < rows):
        return samples
    if rows == 1 or (rows == 2 and columns > _MOST_CHANNELS):
        return samples.T
    raise TranscriptionError(
        f"{name} has the shape {samples.shape}, of which neither is the number of channels beyond doubt.\n"
        "  For several recordings give a list of them: list(samples); for one with many channels mix them:\n"
        "  samples.mean(axis=0), or the axis on which the channels are."
    )


def _stream_array(samples_TC: NDArray[Any], name: str, rate: int, new_rate: int) -> Iterator[Samples]:
    return resample_blocks(_convert_blocks(samples_TC, name), rate, new_rate)


def _convert_blocks(samples_TC: NDArray[Any], name: str) -> Iterator[Samples]:
    silence, scale = _INTEGERS.get(samples_TC.dtype.name, (0.0, 1.0))
    for start in range(0, len(samples_TC), _BLOCK):
        with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, which is refused below
            block = samples_TC[start : start + _BLOCK].astype(np.float32)
        block = mix_channels(block if scale == 1.0 else (block - np.float32(silence)) / np.float32(scale))
        check_samples(block, name, start)
        yield block
