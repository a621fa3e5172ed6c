"""One line of a manifest: an utterance, as JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nm_asr.errors import ManifestError
from nm_torch.common.text_files import MARK

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
        >>> import nm_asr
        >>> line = {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello", "speaker": "anna"}
        >>> _ = Path("train.jsonl").write_text(json.dumps(line))
        >>> (utterance,) = nm_asr.read_manifest("train.jsonl")
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


def parse_utterance(path: Path, number: int, line: bytes) -> Utterance | None:
    """Parse one line of a manifest; None where it is blank.

    Args:
        path: the manifest.
        number: of the line, from 1.
        line: its bytes.

    Raises:
        ManifestError: the line is not what it should be.
    """
    where = f"{path}:{number}"
    try:
        text = line.decode("utf-8").removeprefix(MARK)  # a mark within a file: two files were put together
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"{where}: the line cannot be read as UTF-8 text: {error}.\n"
            "  Convert the file, for example with iconv -t UTF-8."
        ) from None
    if not text.strip():
        return None
    try:
        entry = json.loads(text)
    except RecursionError:
        raise ManifestError(f"{where}: the line is nested too deep; expected one JSON object.") from None
    except ValueError as error:  # also of integers with thousands of digits
        if not isinstance(error, json.JSONDecodeError):
            raise ManifestError(f"{where}: the line has a number that cannot be read: {error}.") from None
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
    # file names may hold surrogates: Python writes bytes so that are no UTF-8
    broken = "\0" if key == "audio_filepath" else next((c for c in value if "\ud800" <= c <= "\udfff"), "")
    if broken and broken in value:
        raise ManifestError(
            f'{where}: "{key}" holds U+{ord(broken):04X}, which is no character: {value!r}.\n'
            "  Write the character itself, or both halves of its escape."
        )
    return value


def _read_seconds(where: str, entry: Mapping[str, Any], key: str, *, positive: bool) -> float:
    value = entry[key]
    number = isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
    if not number or value < 0 or (positive and value == 0):
        shown = value if number else _describe(value)
        raise ManifestError(
            f'{where}: "{key}" is {shown}; expected a number of seconds {"above" if positive else "of at least"} 0.'
        )
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _join_names(names: list[str]) -> str:
    quoted = " and ".join(f'"{name}"' for name in names)
    return f"{quoted} {'is' if len(names) == 1 else 'are'}"


def _describe(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: f"the text {value!r}", bool: f"{value}", type(None): "null"}
    return kinds.get(type(value)) or f"the number {value}"
