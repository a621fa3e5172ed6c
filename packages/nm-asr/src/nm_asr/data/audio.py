"""Audio files as mono float32 samples at any rate."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import AudioError

Samples = NDArray[np.float32]


def read_audio(
    path: str | Path, sample_rate: int, *, offset: float | None = None, duration: float | None = None
) -> Samples:
    """Read an audio file (wav, flac, ogg, mp3) whole or in part; channels are averaged, other rates resampled.

    Args:
        path: the file.
        sample_rate: samples per second of the result.
        offset: seconds into the file to start from.
        duration: seconds to read; to the end where None.

    Raises:
        AudioError: the file is missing, is not audio, or ends before the offset.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path}: there is no such file.")
    try:
        with soundfile.SoundFile(path) as file:
            start = round((offset or 0.0) * file.samplerate)
            if start > file.frames:
                end = file.frames / file.samplerate
                raise AudioError(f"{path}: it ends at {end:.2f} s, before offset {offset:.2f} s.")
            file.seek(start)  # only the part is decoded, so a long file may hold many utterances
            frames = -1 if duration is None else round(duration * file.samplerate)
            samples, rate = file.read(frames, dtype="float32", always_2d=True), file.samplerate
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path}: it cannot be read as audio: {error.error_string}") from error
    if len(samples) == 0:
        raise AudioError(f"{path}: it holds no samples.")
    return resample(mix_channels(samples), rate, sample_rate)


def mix_channels(samples: NDArray[np.float32]) -> Samples:
    """Mix to mono: the mean of the channels of ``[frames, channels]``."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def resample(samples: Samples, rate: float, new_rate: float) -> Samples:
    """Resample to another rate; band-limited, of high quality."""
    if rate == new_rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, new_rate), dtype=np.float32)


def read_duration(path: str | Path) -> float:
    """Read the duration of an audio file from its header, in seconds.

    Raises:
        AudioError: the file is missing or is not audio.
    """
    import soundfile

    if not Path(path).is_file():
        raise AudioError(f"{path}: there is no such file.")
    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path}: it cannot be read as audio: {error.error_string}") from error
