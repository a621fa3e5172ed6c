"""A bad line of a manifest is named, with what is wrong and what is expected."""

from pathlib import Path

import pytest

from nm_asr.data.utterance import parse_utterance
from nm_asr.errors import ManifestError


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
        ('{"audio_filepath": "a\\u0000b", "duration": 1, "text": ""}', r'"audio_filepath" holds U\+0000'),
        ('{"audio_filepath": "a", "duration": 1, "text": "\\ud83d"}', r'"text" holds U\+D83D, .*\n.* both halves'),
        ("[" * 100_000, r"train.jsonl:2: the line (is nested too deep|is not JSON)"),
        ('{"audio_filepath": "a", "duration": 1' + "0" * 400 + ', "text": ""}', r'"duration" is the number 10'),
        ('{"audio_filepath": "a", "duration": ' + "1" * 5000 + ', "text": ""}', r"a number that cannot be read"),
        ('{"features_filepath": "a.npy", "duration": 1, "text": ""}', r"names features, not audio"),
    ],
)
def test_a_bad_line_is_named(line: str, message: str) -> None:
    """The error says the file, the line, what is wrong and what is expected."""
    with pytest.raises(ManifestError, match=message):
        parse_utterance(Path("train.jsonl"), 2, line.encode())


def test_marks_pairs_and_line_ends(tmp_path: Path) -> None:
    """A byte order mark is no part of a line; escapes give what they say; a path may hold bytes that are no UTF-8."""
    line = '\ufeff{"audio_filepath": "a\\udc80", "duration": 1, "text": "\\ud83d\\ude00 \u2028\\t\\u0000"}\r'

    utterance = parse_utterance(tmp_path / "train.jsonl", 3, line.encode())

    assert utterance is not None
    assert utterance.text == "\U0001f600 \u2028\t\0"
    assert utterance.path == tmp_path / "a\udc80"
    assert parse_utterance(tmp_path, 1, "\ufeff \t\r".encode()) is None
    with pytest.raises(ManifestError, match=r"train\.jsonl:7: the line cannot be read as UTF-8"):
        parse_utterance(Path("train.jsonl"), 7, b"\xe9")
