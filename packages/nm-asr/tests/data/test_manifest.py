"""Manifests are read whole, and every bad line is named."""

import pickle
from pathlib import Path

import pytest

from nm_asr import read_manifest
from nm_asr.errors import ManifestError
from nm_torch.common import text_source

GOOD = '{"audio_filepath": "a.wav", "duration": 1.5, "text": "a"}'


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return the place of a manifest in a folder of its own."""
    return tmp_path / "train.jsonl"


def test_a_line_becomes_an_utterance(manifest: Path) -> None:
    """Paths are relative to the manifest, blank lines are skipped, other keys are left alone."""
    manifest.write_text(
        '\n{"audio_filepath": "wav/a.wav", "duration": 2, "text": "a b", "offset": 0.5, "speaker": "s1", "lang": "en",'
        f' "mood": 1}}\n\n{GOOD}\n',
        encoding="utf-8",
    )

    first, second = read_manifest(manifest)

    assert first.path == manifest.parent / "wav/a.wav"
    assert (first.duration, first.text, first.offset) == (2.0, "a b", 0.5)
    assert (first.speaker, first.language, first.line) == ("s1", "en", 2)
    assert (second.offset, second.speaker, second.line) == (None, None, 4)


def test_all_bad_lines_are_counted(manifest: Path) -> None:
    """One reading names the first five and says how many more there are."""
    manifest.write_text(GOOD + "\n" + "{}\n" * 7, encoding="utf-8")

    with pytest.raises(ManifestError) as error:
        read_manifest(manifest)

    assert str(error.value).count("is missing") + str(error.value).count("are missing") == 5
    assert str(error.value).endswith("train.jsonl: 2 more bad lines.")


def test_an_empty_manifest_is_an_error(manifest: Path) -> None:
    """A file without lines says what a line looks like."""
    manifest.write_text("\n \n", encoding="utf-8")

    with pytest.raises(ManifestError, match="the manifest is empty"):
        read_manifest(manifest)


def test_a_missing_manifest_is_an_error(manifest: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(ManifestError, match=r"train\.jsonl: there is no such manifest"):
        read_manifest(manifest)
    with pytest.raises(ManifestError, match=r"there is no such manifest"):
        read_manifest("m" * 5000)


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_told(manifest: Path, form: str) -> None:
    """Text in two or four bytes a character, with a byte order mark or none, is one error that says how to convert."""
    manifest.write_bytes(GOOD.encode(form))

    with pytest.raises(ManifestError, match=r"cannot be read as UTF-8 text: it seems to be UTF-..\.\n.*iconv -f UTF-"):
        read_manifest(manifest)


def test_a_file_of_another_encoding_names_its_lines(manifest: Path) -> None:
    """Bytes that are no UTF-8 are found line by line."""
    manifest.write_bytes(f"{GOOD}\n".encode() + GOOD.replace('"a"', '"é"').encode("latin-1"))

    with pytest.raises(ManifestError, match=r"jsonl:2: the line cannot be read as UTF-8 text: .*\n.*iconv"):
        read_manifest(manifest)


def test_a_byte_order_mark_is_no_text(manifest: Path) -> None:
    """It is skipped at the beginning, and where one file was put behind another; line ends of Windows are line ends."""
    manifest.write_bytes(f"\ufeff{GOOD}\r\n\r\n\ufeff{GOOD}\r\n{GOOD}".encode())

    utterances = read_manifest(manifest)

    assert [(utterance.text, utterance.line) for utterance in utterances] == [("a", 1), ("a", 3), ("a", 4)]


def test_a_manifest_is_a_sequence(manifest: Path) -> None:
    """Indices count from either end, a slice is a tuple, and copies are equal."""
    manifest.write_text("\n".join(GOOD.replace("1.5", f"{n}.5") for n in range(1, 5)), encoding="utf-8")

    utterances = read_manifest(manifest)

    assert [utterance.duration for utterance in utterances[1:3]] == [2.5, 3.5]
    assert utterances[-1].line == 4
    assert list(pickle.loads(pickle.dumps(utterances))) == list(utterances)
    with pytest.raises(IndexError):
        utterances[4]


def test_a_large_manifest_stays_in_its_file(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are read from the file again, and a line that has changed is an error and not another text."""
    monkeypatch.setattr(text_source, "IN_MEMORY", 0)
    manifest.write_text(f"{GOOD}\n{GOOD}\n", encoding="utf-8")
    utterances = read_manifest(manifest)

    assert utterances[1].text == "a"
    manifest.write_text(f"{GOOD}\n{GOOD.replace('a.wav', 'b.wav')}\n", encoding="utf-8")
    with pytest.raises(ManifestError, match="has changed since it was read and checked"):
        utterances[1]


def test_a_line_may_be_of_any_length(manifest: Path) -> None:
    """A form that is longer than the last block of lines is the form of none of these."""
    long = GOOD.replace("{", f'{{"{"a" * 9000}": "x", ', 1)
    short = GOOD.replace("{", '{"b": "x", ', 1)
    manifest.write_text("\n".join([long, short]), encoding="utf-8")

    assert [utterance.text for utterance in read_manifest(manifest)] == ["a", "a"]
