"""Sounds and small networks that several tests use."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 8000
LABELS = " abc"
BLOCKS: list[dict[str, Any]] = [
    {"filters": 16, "kernel": 5, "stride": 2, "separable": True},
    {"filters": 16, "kernel": 5, "repeat": 2, "separable": True, "residual": True},
]


def spoken(text: str, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a sound in which each letter is a chord of its own, 0.1 s long, and a space is a pause."""
    time = np.arange(int(0.1 * RATE)) / RATE
    parts = [np.zeros(400)]
    for letter in text:
        pitch = 300.0 + 150.0 * (ord(letter) - ord("a"))
        chord = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in (1, 2, 3))
        parts.append(0.2 * chord * np.hanning(len(time)) if letter != " " else np.zeros(len(time)))
    parts.append(np.zeros(400))
    sound = np.concatenate(parts)
    return (sound + 0.001 * random.standard_normal(len(sound))).astype(np.float32)


def vowel(seconds: float, rate: int, seed: int = 0) -> NDArray[np.float32]:
    """Return something like a voice: a gliding pitch through three resonances, with breath and a noisy room."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(110.0 + 40.0 * np.sin(2 * np.pi * 0.7 * time)) / rate
    sound = np.zeros(len(time))
    for harmonic in range(1, int(0.45 * rate / 150)):
        frequency = 130.0 * harmonic
        level = sum(np.exp(-(((frequency - f) / w) ** 2)) for f, w in ((600, 150), (1400, 200), (2600, 300)))
        sound += (level + 0.01) * np.sin(harmonic * phase)
    sound *= 0.1 * (1.1 + np.sin(2 * np.pi * 3.1 * time))
    return (sound + 0.003 * random.standard_normal(len(time))).astype(np.float32)
