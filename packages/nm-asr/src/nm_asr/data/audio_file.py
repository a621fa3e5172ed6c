"""Audio files read in blocks, from paths, bytes and file objects; what is damaged is named with its reason."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

Samples = NDArray[np.float32]
Source = str | Path | bytes

SLOWEST, FASTEST = 1_000, 1_000_000
"""Sample rates that a recording of speech may have; others come from damaged headers."""

_BLOCK = 2**18
"""Samples that are decoded at a time, all channels counted."""
_DENSEST = 10_000
"""Samples per byte that no file has: a header that says more does not know the length."""
_LOUDEST = 2.0**32
"""Samples within ±1 may have been scaled to integers of 32 bits; beyond, squares of samples overflow."""
_MISSING = 0.1
"""Seconds by which the end may be earlier than the header says: decoders of mp3 drop some frames."""
_UNKNOWN = 0x7FFFF000
"""Programs that write to a pipe state such a size of a wav, or more."""
_OTHERS = (".m4a", ".mp4", ".aac", ".webm", ".mkv", ".mov", ".wma", ".amr", ".3gp", ".opus")


class AudioFile:
    """An open audio file whose samples are read in blocks, mixed to mono.

    The header is not trusted: what it says about the length is compared with what there is.

    Args:
        source: a path, or the bytes of a file.

    Attributes:
        name: the path, or "bytes".
        sample_rate: samples per second.
        frames: samples of each channel according to the header; None where it does not know.

    Raises:
        AudioError: the file is missing or is no audio that can be read.
    """

    def __init__(self, source: Source) -> None:
        self.name = "bytes" if isinstance(source, bytes) else str(source)
        self._file = self._open(source)
        self.sample_rate = int(self._file.samplerate)
        size = _size(source)
        self.frames = int(self._file.frames) if 0 <= self._file.frames <= _DENSEST * size else None
        if not SLOWEST <= self.sample_rate <= FASTEST:
            self.close()
            raise AudioError(
                f"{self.name}: its header says {self.sample_rate} samples per second; expected {SLOWEST} to {FASTEST}."
            )
        self._promised = _wav_frames(source) if self._file.format.startswith("WAV") else self.frames

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def blocks(self, *, offset: float = 0.0, duration: float | None = None) -> Iterator[Samples]:
        """Yield the samples as mono float32 blocks.

        Args:
            offset: seconds to begin at.
            duration: seconds to read; to the end where None.

        Raises:
            AudioError: the file is damaged or cut off, a sample is not finite, or the file ends before the offset.
        """
        start = round(offset * self.sample_rate)
        rest = None if duration is None else round(duration * self.sample_rate)
        position = self._skip(start)
        with self._named_errors():
            while rest is None or rest > 0:
                count = max(1, _BLOCK // self._file.channels)
                block = self._file.read(count if rest is None else min(count, rest), dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                rest = None if rest is None else rest - len(block)
                samples = mix_channels(block)
                check_samples(samples, self.name, position)
                position += len(block)
                yield samples
        if rest is None or rest > 0:
            self._check_end(position)

    def count_frames(self) -> int:
        """Return the samples of each channel, decoding all of them where the header does not know."""
        return self.frames if self.frames is not None else sum(len(block) for block in self.blocks())

    def _open(self, source: Source) -> "SoundFile":
        import soundfile

        class Forward(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
            def seekable(self) -> bool:
                """Return False: soundfile would seek after each read, which fails where a header has no length."""
                return False

        # not the methods of paths: those raise where a name is longer than the file system's
        if not isinstance(source, bytes) and not os.path.isfile(source):
            what = "it is a folder, not a recording" if os.path.isdir(source) else "there is no such file"
            raise AudioError(f"{source}: {what}.")
        if _size(source) == 0:
            raise AudioError(f"{self.name}: the file is empty.")
        with self._named_errors():
            return Forward(io.BytesIO(source) if isinstance(source, bytes) else source)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        import soundfile

        try:
            yield
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"{self.name}: it cannot be read as audio: {error.error_string}{_advise(self.name)}"
            ) from error
        except (ValueError, TypeError, MemoryError, OSError) as error:  # what a damaged header leads numpy to
            if isinstance(error, AudioError):
                raise
            raise AudioError(f"{self.name}: it cannot be read as audio: {error}") from error

    def _skip(self, start: int) -> int:
        """Go to a sample; return where the file is then."""
        if start == 0:
            return 0
        if self.frames is not None and start > self.frames:
            raise self._early_end(self.frames, start)
        # libsndfile lands beside the sample in an mp3, and reads nothing after a failed seek without a length
        if self.frames is not None and self._file.format != "MP3":
            with self._named_errors():
                return int(self._file.seek(start))
        position = 0
        with self._named_errors():
            while position < start:
                block = self._file.read(min(_BLOCK // self._file.channels, start - position), dtype="float32")
                if len(block) == 0:
                    raise self._early_end(position, start)
                position += len(block)
        return position

    def _early_end(self, frames: int, start: int) -> AudioError:
        end, offset = frames / self.sample_rate, start / self.sample_rate
        return AudioError(f"{self.name}: it ends at {end:.2f} s, before offset {offset:.2f} s.")

    def _check_end(self, position: int) -> None:
        if self._promised is not None and position < self._promised - _MISSING * self.sample_rate:
            raise AudioError(
                f"{self.name}: it ends at {position / self.sample_rate:.2f} s, but its header says "
                f"{self._promised / self.sample_rate:.2f} s: it was cut off or is damaged."
            )


def mix_channels(samples: NDArray[np.float32]) -> Samples:
    """Mix to mono: the mean of the channels of ``[frames, channels]``."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def check_samples(samples: Samples, name: str, position: int = 0) -> None:
    """Raise an error where a sample is not finite, or too large for its square to be.

    Args:
        name: the recording, for the message.
        position: where its part ``samples`` begins.

    Raises:
        AudioError: names the first such sample.
    """
    bad = ~(np.abs(samples) <= _LOUDEST)  # a NaN is not less than anything
    if bad.any():
        index = int(bad.argmax())
        raise AudioError(
            f"{name}: sample {position + index} is {samples[index]:g}; expected numbers within ±1.\n"
            "  A recording with samples that are not finite would give a text that means nothing."
        )


def _size(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else Path(source).stat().st_size


def _advise(name: str) -> str:
    """Return a way on for formats that libsndfile does not read."""
    if Path(name).suffix.lower() not in _OTHERS:
        return ""
    return f'\n  wav, flac, ogg and mp3 are read. Convert it: ffmpeg -i "{name}" "{Path(name).with_suffix(".wav")}"'


def _wav_frames(source: Source) -> int | None:
    """Return the samples per channel that the header of a wav states, or None where it does not know."""
    with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as stream:
        if stream.read(12)[:4] != b"RIFF":
            return None
        width = 0
        while len(head := stream.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return size // width if width and 0 < size < _UNKNOWN else None
            if head[:4] == b"fmt ":
                width = int.from_bytes(stream.read(14)[12:], "little")  # bytes of all channels of a sample
                size -= 14
            stream.seek(size + size % 2, io.SEEK_CUR)
    return None


def read_bytes(file: Any) -> bytes:
    """Return the bytes of a binary file object, from where it is.

    Raises:
        AudioError: it is open as text.
    """
    data = file.read()
    if not isinstance(data, bytes | bytearray | memoryview):
        raise AudioError(f'{file!r} is open as text.\n  Open it with open(path, "rb").')
    return bytes(data)
