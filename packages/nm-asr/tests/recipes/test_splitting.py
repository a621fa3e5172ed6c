"""Setting data aside: what is scored was never learnt from, and nothing gets lost."""

import json
from pathlib import Path

import pytest

from nm_asr import read_manifest
from nm_asr.recipes.speech_data import SpeechData
from nm_asr.recipes.splitting import split, write_lines
from nm_core.scaffold import RecipeRequest


def read(path: Path, entries: list[dict[str, object]]) -> SpeechData:
    """Write a manifest and read it."""
    lines = [{"duration": 1.0, "text": f"text {number}", **entry} for number, entry in enumerate(entries)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return SpeechData.read([path], lowercase=False, frame_seconds=0.02)


SPEAKERS = [{"audio_filepath": f"{n}.wav", "speaker": f"s{n % 7}"} for n in range(70)]
PARTS = [{"audio_filepath": f"{n // 4}.wav", "offset": float(n % 4)} for n in range(80)]
ONE_RECORDING = [{"audio_filepath": "talk.wav", "offset": float(n)} for n in range(40)]
MOSTLY_ONE = [{"audio_filepath": f"{n}.wav", "speaker": "a" if n < 95 else "b"} for n in range(100)]


@pytest.mark.parametrize(
    ("entries", "unit", "held_out"),
    [
        (SPEAKERS, "speaker", 10),
        (PARTS, "recording", 4),
        (ONE_RECORDING, "utterance", 2),
        (MOSTLY_ONE, "speaker", 5),
        (SPEAKERS[:30] + [{"audio_filepath": "x.wav"}], "recording", 2),
    ],
)
def test_what_belongs_together_stays_together(tmp_path: Path, entries, unit: str, held_out: int) -> None:
    """Speakers where every line names one, else recordings, else lines; the parts are written whole and in order."""
    (tmp_path / "wav").mkdir()
    data = read(tmp_path / "wav" / "all.jsonl", entries)
    parts = split(data)
    request = RecipeRequest(name="new", folder=tmp_path / "new", train=data.paths)
    (tmp_path / "new").mkdir()
    for name, aside in (("train", False), ("dev", True)):
        (tmp_path / "new" / f"{name}.jsonl").write_bytes(b"".join(write_lines(data, request, parts, held_out=aside)))

    train, dev = (list(read_manifest(tmp_path / "new" / f"{name}.jsonl")) for name in ("train", "dev"))

    assert (parts.unit, parts.count, len(dev)) == (unit, held_out, held_out)
    assert sorted(line.text for line in (*train, *dev)) == sorted(line.text for line in data.utterances)
    assert {line.path.resolve().parent for line in (*train, *dev)} == {tmp_path / "wav"}
    if unit == "speaker":
        assert {line.speaker for line in train}.isdisjoint(line.speaker for line in dev)
    if unit == "recording":
        assert {line.path for line in train}.isdisjoint(line.path for line in dev)


def test_the_same_data_is_split_alike_in_any_order(tmp_path: Path) -> None:
    """A checksum decides, and not the order of the lines."""
    forth, back = (read(tmp_path / f"{name}.jsonl", lines) for name, lines in (("a", PARTS), ("b", PARTS[::-1])))

    assert split(forth).held_out == split(back).held_out
