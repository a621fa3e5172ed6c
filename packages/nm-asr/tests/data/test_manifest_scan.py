"""A manifest read by arrays is what a parser of JSON makes of its lines, and every bad line is found."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_asr import read_manifest
from nm_asr.data.manifest_scan import ParsedLines, scan_manifest
from nm_asr.data.utterance import parse_utterance
from nm_asr.errors import ManifestError
from nm_torch.common.text_source import TextSource

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ['"', "\\", "a b", "é", "{", "]"]
)
numbers = st.floats(0.001, 1e6) | st.integers(1, 10**18) | st.sampled_from([1.5, 2, 0.1, 12345.678901234567])
lines = st.fixed_dictionaries(
    {"audio_filepath": texts.filter(lambda path: path and "\0" not in path), "duration": numbers, "text": texts},
    optional={
        "offset": numbers | st.none() | st.just(0),
        "speaker": texts | st.none(),
        "words": st.lists(st.integers(), max_size=2),
        "gain": st.floats(-3, 3),
        "": texts,
    },
)


def write(path: Path, content: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(content)
    return path


@given(st.lists(lines, min_size=1, max_size=12), st.booleans(), st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_arrays_find_what_json_finds(
    tmp_path_factory: pytest.TempPathFactory, entries: list[dict[str, Any]], escape: bool, wide: bool, end: str
) -> None:
    """Places, durations and texts of any manifest are those of its lines parsed one by one."""
    separators = (" , ", " : ") if wide else None
    rows = [json.dumps(entry, ensure_ascii=escape, separators=separators) for entry in entries]
    path = write(tmp_path_factory.getbasetemp() / "any.jsonl", end.join(rows).encode())
    expected = [parse_utterance(path, 1 + index * end.count("\n"), row.encode()) for index, row in enumerate(rows)]

    manifest = read_manifest(path)
    parsed: list[ParsedLines] = list(scan_manifest(TextSource(path)))

    assert list(manifest) == expected
    assert manifest.durations.tolist() == [float(entry["duration"]) for entry in entries]
    assert [part.text(row) for part in parsed for row in range(len(part.start_N))] == [e["text"] for e in entries]
    joined = "".join(part.join_texts(np.arange(len(part.start_N))) for part in parsed)
    assert sorted(joined) == sorted("".join(entry["text"] for entry in entries))


@pytest.mark.parametrize(
    "value",
    [
        "01",
        "1.",
        ".5",
        "1..2",
        "1.2.3",
        "-1",
        "+1",
        "1e3",
        "1_0",
        "0x1",
        "0",
        "0.0",
        "",
        " ",
        "1 2",
        "١",
        "1e999",
        "nan",
    ]
    + ["123456789012345678", "0.1234567890123456789", "1.0000000000000002", "00.5", "0.5", "10", '"1"', "null"],
)
def test_numbers_are_those_of_json(tmp_path: Path, value: str) -> None:
    """What is no number for JSON is none here, and what is one has its value to the last bit."""
    line = '{{"audio_filepath": "a", "duration": {}, "text": "t"}}'
    path = write(tmp_path / "numbers.jsonl", f"{line.format('2.25')}\n{line.format(value)}\n".encode())
    try:
        expected = json.loads(line.format(value))["duration"]
    except ValueError:
        expected = None

    if type(expected) in (int, float) and 0 < expected < float("inf"):
        assert read_manifest(path).durations.tolist() == [2.25, float(expected)]
    else:
        with pytest.raises(ManifestError, match=r"numbers\.jsonl:2: "):
            read_manifest(path)


@pytest.mark.parametrize(
    "damage",
    [(b'"text"', b'"test"'), (b"}", b"} x"), (b"{", b"{{"), (b'"a"', b'""'), (b'"a"', b'"a\tb"'), (b", ", b" ")]
    + [
        (b'"t"', b'"t'),
        (b'"t"', b'"\xff"'),
        (b'"t"', b"3"),
        (b"1.5", b'"1.5"'),
        (b'"t"', b'"\\ud800"'),
        (b"1.5", b"0"),
    ],
)
def test_a_damaged_line_among_right_ones_is_named(tmp_path: Path, damage: tuple[bytes, bytes]) -> None:
    """One byte wrong in one of a thousand lines of one form is found, with its number."""
    line = b'{"audio_filepath": "a", "duration": 1.5, "text": "t"}'
    content = b"\n".join([line] * 700 + [line.replace(*damage, 1)] + [line] * 300)
    path = write(tmp_path / "damaged.jsonl", content)

    with pytest.raises(ManifestError, match=r"^\S*damaged\.jsonl:701: "):
        read_manifest(path)
