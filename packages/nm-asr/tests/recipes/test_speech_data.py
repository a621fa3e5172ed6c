"""A look at manifests: what is counted is what is there."""

import json
from pathlib import Path

import numpy
import soundfile

from nm_asr.recipes.speech_data import SpeechData


def test_characters_are_counted_in_composed_form(tmp_path: Path) -> None:
    """A letter with its mark is one character, however it was typed, over all manifests."""
    for name, text in (("a", "café"), ("b", "CAFE\N{COMBINING ACUTE ACCENT}")):
        line = {"audio_filepath": "a.wav", "duration": 1800.0, "text": text}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line))

    data = SpeechData.read([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], lowercase=True, frame_seconds=0.02)

    assert data.characters == {"c": 2, "a": 2, "f": 2, "é": 2}
    assert (data.hours, data.untold, data.crowded) == (1.0, 0, 0)


def test_rates_of_recordings_are_counted_once_each(tmp_path: Path) -> None:
    """Many parts of one recording are one recording; what cannot be read counts as 0 Hz."""
    soundfile.write(tmp_path / "a.wav", numpy.zeros(800, numpy.float32), 8000)
    names = ["a.wav"] * 5 + ["gone.wav"]
    lines = [json.dumps({"audio_filepath": name, "duration": 0.1, "text": "a"}) for name in names]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))

    data = SpeechData.read([tmp_path / "a.jsonl"], lowercase=False, frame_seconds=0.02)

    assert data.count_rates() == {8000: 1, 0: 1}
