"""Recordings as mono float32 samples at any rate."""

from collections.abc import Iterable, Iterator
from contextlib import closing

import numpy as np

from nm_asr.data.audio_file import AudioFile, Samples, Source, mix_channels
from nm_asr.errors import AudioError

__all__ = ["Samples", "mix_channels", "read_audio", "read_duration", "resample", "resample_blocks", "stream_audio"]


def read_audio(
    source: Source, sample_rate: int, *, offset: float | None = None, duration: float | None = None
) -> Samples:
    """Read an audio file (wav, flac, ogg, mp3) whole or in part; channels are averaged, other rates resampled.

    Args:
        source: the path, or the bytes of the file.
        sample_rate: samples per second of the result.
        offset: seconds into the file to start from.
        duration: seconds to read; to the end where None.

    Raises:
        AudioError: the file is missing, is not audio, is damaged or cut off, ends before the offset, or holds samples
            that are not finite.
    """
    with closing(AudioFile(source)) as file:
        # read in blocks: the header may promise more than fits into memory
        samples = np.concatenate([*file.blocks(offset=offset or 0.0, duration=duration), np.zeros(0, np.float32)])
        if len(samples):
            samples = resample(samples, file.sample_rate, sample_rate)
        if len(samples) == 0:  # a sample or two of a high rate are none of a low one
            raise AudioError(f"{file.name}: it holds no samples.")
        return samples


def stream_audio(source: Source, sample_rate: int) -> Iterator[Samples]:
    """Yield the samples of an audio file in blocks; the same as `read_audio` in all, however long the file is.

    Raises:
        AudioError: as `read_audio`.
    """
    with closing(AudioFile(source)) as file:
        empty = True
        for block in resample_blocks(file.blocks(), file.sample_rate, sample_rate):
            if len(block):
                empty = False
                yield block
        if empty:
            raise AudioError(f"{file.name}: it holds no samples.")


def resample(samples: Samples, rate: float, new_rate: float) -> Samples:
    """Resample to another rate; band-limited, of high quality."""
    if rate == new_rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, new_rate), dtype=np.float32)


def resample_blocks(blocks: Iterable[Samples], rate: int, new_rate: int) -> Iterator[Samples]:
    """Yield blocks at another rate, joined without a seam."""
    if rate == new_rate:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, new_rate, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def read_duration(source: Source) -> float:
    """Read the duration of an audio file in seconds: from its header, or by decoding it where that has none.

    Raises:
        AudioError: the file is missing or is not audio.
    """
    with closing(AudioFile(source)) as file:
        return file.count_frames() / file.sample_rate
