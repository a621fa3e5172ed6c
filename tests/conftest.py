"""Tiny corpora that the tests across packages share."""

import json
import wave
from pathlib import Path

import numpy
import pytest

RATE = 16000


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 24 recordings in which each letter of a, b, c is a tone of its own pitch, 0.12 s long."""
    folder = tmp_path_factory.mktemp("tones")
    pitches = {"a": 400.0, "b": 900.0, "c": 1800.0}
    random = numpy.random.default_rng(11)
    seconds = numpy.arange(int(0.12 * RATE)) / RATE
    lines = []
    for number in range(24):
        text = "".join(random.choice(list(pitches), size=random.integers(2, 5)))
        sound = numpy.concatenate([numpy.sin(2 * numpy.pi * pitches[letter] * seconds) for letter in text])
        sound = 0.3 * sound + 0.01 * random.normal(size=len(sound))
        path = folder / f"{number:02d}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        lines.append({"audio_filepath": path.name, "duration": len(sound) / RATE, "text": text})
    manifest = folder / "tones.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return manifest
