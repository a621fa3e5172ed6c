"""Recordings of several formats with damage, above all in their headers."""

import io
from pathlib import Path
from random import Random

import numpy
import soundfile
from mutations import mutate_bytes

from nm_asr.data.audio import read_audio, read_duration
from nm_asr.errors import AudioError

FORMATS = (
    *(("wav", "PCM_16"), ("wav", "PCM_U8"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("wav", "ULAW")),
    *(("flac", "PCM_16"), ("flac", "PCM_24"), ("ogg", "VORBIS"), ("ogg", "OPUS"), ("mp3", "MPEG_LAYER_III")),
    *(("aiff", "PCM_16"), ("au", "PCM_16"), ("w64", "PCM_16"), ("rf64", "PCM_16"), ("caf", "PCM_16")),
)


class AudioFiles:
    """A damaged file is read whole, in part, and for its duration."""

    def __init__(self, folder: Path) -> None:
        sound = numpy.random.default_rng(3).normal(scale=0.1, size=(4000, 2))
        self.files = []
        for format, subtype in FORMATS:
            file = io.BytesIO()
            channels = 1 if subtype in ("OPUS", "ULAW") else 2
            soundfile.write(file, sound[:, :channels], 8000, format=format, subtype=subtype)
            self.files.append((format, file.getvalue()))

    def run(self, random: Random, folder: Path) -> str:
        format, content = random.choice(self.files)
        path = folder / f"a.{random.choice((format, format, 'wav', 'mp3', 'xyz'))}"
        path.write_bytes(mutate_bytes(random, content, head=random.choice((None, 64, 200))))
        refused = 0
        for part in ({}, {"offset": random.choice((0.0, 0.1, 1e9)), "duration": random.choice((0.05, 1e9))}):
            try:
                samples = read_audio(path, random.choice((8000, 16000)), **part)
            except AudioError:
                refused += 1
                continue
            assert samples.dtype == numpy.float32
            assert samples.ndim == 1
            assert 0 < len(samples) < 10_000_000
            assert numpy.isfinite(samples).all(), "samples that are not finite"
        try:
            seconds = read_duration(path)
        except AudioError:
            return "refused"
        assert 0 <= seconds < float("inf")
        return "refused" if refused == 2 else "read"
