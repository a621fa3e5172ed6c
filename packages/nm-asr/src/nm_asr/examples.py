"""Parameters to construct each module of the collection with, for the conformance suite and for readers."""

import json
import math
import random
import struct
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Examples = Sequence[Mapping[str, Any]]

RATE = 8000
LABELS = " abc"
TEXTS = ("a", "ab cab", "bca", "c ab")

PREPROCESSOR: Examples = [
    {"sample_rate": RATE, "n_mels": 7},
    {"n_mels": 40, "normalize": None, "preemphasis": 0.0, "n_fft": 1024},
]
AUGMENTATION: Examples = [{}, {"cutout_masks": 3, "cutout_freq": 4, "cutout_time": 5}]
JASPER_ENCODER: Examples = [
    {"feat_in": 64},
    {"feat_in": 7, "blocks": [{"filters": 9, "kernel": 3, "stride": 3}], "mask_statistics": True},
    {
        "feat_in": 7,
        "blocks": [
            {"filters": 16, "kernel": 5, "stride": 2, "separable": True},
            {"filters": 16, "kernel": 5, "repeat": 2, "separable": True, "residual": True},
        ],
    },
]
CTC_DECODER: Examples = [{"feat_in": 5, "num_classes": 11}]
CONNECTOR: Examples = [{"in_channels": 5}, {"in_channels": 5, "out_channels": 13}]
GREEDY_DECODER: Examples = [{"labels": LABELS}, {"labels": LABELS, "frame_seconds": 0.02}]


def data_layer(folder: Path) -> Examples:
    """Write a few recordings, each letter a tone of its own, and return parameters that read them."""
    lines = []
    for number, text in enumerate(TEXTS):
        samples = _synthesize(text, random.Random(number))
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
        line = {"audio_filepath": f"{number}.wav", "duration": round(len(samples) / RATE, 4), "text": text}
        lines.append(json.dumps(line) + "\n")
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(lines), encoding="utf-8")
    parameters = {"manifest": str(manifest), "labels": LABELS, "sample_rate": RATE, "n_mels": 7, "batch_size": 3}
    speed = [{"type": "speed", "low": 0.9, "high": 1.1}]
    return [parameters, {**parameters, "features": "audio"}, {**parameters, "shuffle": True, "augmentation": speed}]


def _synthesize(text: str, noise: random.Random) -> list[int]:
    """Return samples of 16 bits: a tenth of a second per letter, a pause for a space."""
    samples = []
    for letter in f" {text} ":
        pitch = 300.0 + 150.0 * (ord(letter) - ord("a"))
        for index in range(RATE // 10):
            tone = 0.0 if letter == " " else 6000.0 * math.sin(2 * math.pi * pitch * index / RATE)
            samples.append(int(tone + noise.gauss(0.0, 30.0)))
    return samples
