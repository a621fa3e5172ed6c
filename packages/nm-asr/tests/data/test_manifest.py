"""Manifests are read whole, and every bad line is named."""

from pathlib import Path

import pytest

from nm_asr import read_manifest
from nm_asr.errors import ManifestError

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


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"audio_filepath": "a.wav", "text": "a"}', r'train.jsonl:2: "duration" is missing.\n.*this line has audio_f'),
        ('{"text": "a"}', r'train.jsonl:2: "audio_filepath" and "duration" are missing'),
        ("{}", r"this line has nothing"),
        ('{"audio_filepath": ', r"train.jsonl:2: the line is not JSON: .* at column 20"),
        ("[1]", r"train.jsonl:2: the line holds a list; expected one JSON object"),
        (
            '{"audio_filepath": "a", "duration": "long", "text": ""}',
            r"\"duration\" is the text 'long'; expected a number",
        ),
        (
            '{"audio_filepath": "a", "duration": 0, "text": ""}',
            r'"duration" is 0; expected a number of seconds above 0',
        ),
        ('{"audio_filepath": "a", "duration": true, "text": ""}', r'"duration" is True'),
        ('{"audio_filepath": "a", "duration": NaN, "text": ""}', r'"duration" is the number nan'),
        ('{"audio_filepath": "a", "duration": 1, "text": "", "offset": -1}', r'"offset" is -1; .* at least 0'),
        ('{"audio_filepath": "a", "duration": 1, "text": null}', r'"text" is null; expected text'),
        ('{"audio_filepath": "", "duration": 1, "text": ""}', r'"audio_filepath" is the text \'\'; .* not empty'),
        ('{"features_filepath": "a.npy", "duration": 1, "text": ""}', r"names features, not audio"),
    ],
)
def test_a_bad_line_is_named(manifest: Path, line: str, message: str) -> None:
    """The error says the file, the line, what is wrong and what is expected."""
    manifest.write_text(f"{GOOD}\n{line}\n", encoding="utf-8")

    with pytest.raises(ManifestError, match=message):
        read_manifest(manifest)


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


def test_a_binary_file_is_no_manifest(manifest: Path) -> None:
    """Bytes that are no UTF-8 are one readable error."""
    manifest.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ManifestError, match="cannot be read as UTF-8"):
        read_manifest(manifest)
