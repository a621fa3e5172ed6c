"""Manifests: one utterance per line, as JSON."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nm_asr.errors import ManifestError

_SHOWN = 5
_REQUIRED = ("audio_filepath", "duration", "text")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of a manifest.

    Attributes:
        path: the audio file; relative paths of the manifest are relative to its folder.
        duration: seconds of speech.
        text: the transcript, as written in the manifest.
        offset: seconds into the file where the utterance starts; None when it is the whole file.
        speaker: the speaker, where the manifest has one.
        language: the manifest's ``lang``.
        line: its number in the manifest, from 1.

    Example:
        >>> line = {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello", "speaker": "anna"}
        >>> _ = Path("train.jsonl").write_text(json.dumps(line))
        >>> (utterance,) = read_manifest("train.jsonl")
        >>> utterance.text, utterance.speaker, utterance.line
        ('hello', 'anna', 1)
    """

    path: Path
    duration: float
    text: str
    offset: float | None
    speaker: str | None
    language: str | None
    line: int


def read_manifest(path: str | Path) -> tuple[Utterance, ...]:
    """Read a manifest; keys without an attribute of `Utterance` are ignored.

    Raises:
        ManifestError: the file is missing or empty, or lines are not what they should be; the lines are named.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: there is no such manifest.\n"
            "  In an application a path counts from the folder of its file, in Python from the working directory."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: the manifest cannot be read as UTF-8 text: {error}") from error
    utterances: list[Utterance] = []
    problems: list[str] = []
    for number, line in _number_lines(text):  # every bad line is found, so that one run shows them all
        try:
            utterances.append(_parse_utterance(path, number, line))
        except ManifestError as problem:
            problems.append(str(problem))
    if problems:
        more = f"\n{path}: {len(problems) - _SHOWN} more bad lines." if len(problems) > _SHOWN else ""
        raise ManifestError("\n".join(problems[:_SHOWN]) + more)
    if not utterances:
        raise ManifestError(
            f"{path}: the manifest is empty.\n"
            '  Expected one line per utterance: {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello"}'
        )
    return tuple(utterances)


def _number_lines(text: str) -> Iterator[tuple[int, str]]:
    # not splitlines, which would also split at U+2028 inside a text
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _parse_utterance(path: Path, number: int, line: str) -> Utterance:
    where = f"{path}:{number}"
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise ManifestError(
            f"{where}: the line is not JSON: {error.msg} at column {error.colno}.\n"
            '  Expected one object per line: {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello"}'
        ) from None
    if not isinstance(entry, Mapping):
        raise ManifestError(f"{where}: the line holds {_describe(entry)}; expected one JSON object.")
    if "features_filepath" in entry and "audio_filepath" not in entry:
        raise ManifestError(f"{where}: the line names features, not audio.\n  Give audio_filepath.")
    missing = [key for key in _REQUIRED if key not in entry]
    if missing:
        has = ", ".join(entry) or "nothing"
        raise ManifestError(
            f"{where}: {_join_names(missing)} missing.\n"
            f"  Each line needs audio_filepath, duration (seconds) and text; this line has {has}.\n"
            f"  Add {' and '.join(missing)} to the line."
        )
    return Utterance(
        path=path.parent / _read_text(where, entry, "audio_filepath", required=True),
        duration=_read_seconds(where, entry, "duration", positive=True),
        text=_read_text(where, entry, "text"),
        offset=_read_seconds(where, entry, "offset", positive=False) if entry.get("offset") is not None else None,
        speaker=_read_text(where, entry, "speaker") if entry.get("speaker") is not None else None,
        language=_read_text(where, entry, "lang") if entry.get("lang") is not None else None,
        line=number,
    )


def _read_text(where: str, entry: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = entry[key]
    if not isinstance(value, str) or (required and not value):
        expected = "text that is not empty" if required else "text"
        raise ManifestError(f'{where}: "{key}" is {_describe(value)}; expected {expected}.')
    return value


def _read_seconds(where: str, entry: Mapping[str, Any], key: str, *, positive: bool) -> float:
    value = entry[key]
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value < 0 or (positive and value == 0):
        shown = value if number else _describe(value)
        raise ManifestError(
            f'{where}: "{key}" is {shown}; expected a number of seconds {"above" if positive else "of at least"} 0.'
        )
    return float(value)


def _join_names(names: list[str]) -> str:
    quoted = " and ".join(f'"{name}"' for name in names)
    return f"{quoted} {'is' if len(names) == 1 else 'are'}"


def _describe(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: f"the text {value!r}", bool: f"{value}", type(None): "null"}
    return kinds.get(type(value), f"the number {value}")
