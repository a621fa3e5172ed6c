"""Fixtures of the tests of nm-asr: one thread, and recordings made here."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

sys.path.insert(0, str(Path(__file__).parent))

from nm_asr_samples import RATE, spoken


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes recordings of texts and their manifest, with changes to its lines by number."""

    def write(texts: list[str], changes: dict[int, dict[str, Any]] | None = None) -> Path:
        lines = []
        for number, text in enumerate(texts):
            samples = spoken(text, np.random.default_rng(number))
            soundfile.write(tmp_path / f"{number}.wav", samples, RATE, subtype="PCM_16")
            line = {"audio_filepath": f"{number}.wav", "duration": round(len(samples) / RATE, 4), "text": text}
            lines.append(line | (changes or {}).get(number, {}))
        manifest = tmp_path / "manifest.jsonl"
        manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return manifest

    return write
