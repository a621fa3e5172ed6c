"""A part of the training data set aside, so that what is scored was never learnt from."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nm_asr.data.utterance import Utterance
from nm_asr.recipes.speech_data import SpeechData, iterate
from nm_core.scaffold import RecipeRequest, ScaffoldError

_SHARE = 0.05
_MOST = 2000
_LARGEST = 0.3
"""The share of the utterances that one group that is set aside may have, where there are smaller ones."""

_GROUPS: dict[str, Callable[[Utterance], str | None]] = {
    "speaker": lambda utterance: utterance.speaker,
    "recording": lambda utterance: str(utterance.path),
    "utterance": lambda utterance: f"{utterance.path} {utterance.offset or 0:.3f} {utterance.line}",
}


@dataclass(frozen=True)
class Split:
    """A data set in two parts.

    Attributes:
        unit: what is never cut: "speaker", "recording" or "utterance".
        held_out: the speakers, recordings or utterances that are set aside.
        count: the utterances of these.
        groups: the number of speakers, recordings or utterances in all.
    """

    unit: str
    held_out: frozenset[str]
    count: int
    groups: int

    def is_held_out(self, utterance: Utterance) -> bool:
        """Return whether an utterance is set aside."""
        return _GROUPS[self.unit](utterance) in self.held_out


def split(data: SpeechData) -> Split:
    """Set about a twentieth of the utterances aside: whole speakers where every line names one, else recordings.

    They are taken in the order of a checksum of their names, so the same data is always split in the same way.

    Raises:
        ScaffoldError: there is one utterance only.
    """
    for unit, group in _GROUPS.items():
        sizes = Counter(group(utterance) for utterance in iterate(data.utterances))
        names = {name: size for name, size in sizes.items() if name is not None}
        if len(names) >= 2 and len(names) == len(sizes):
            return _choose(unit, names, len(data.utterances))
    raise ScaffoldError(
        f"{data.paths[0]} has one utterance, of which nothing can be set aside for scores.\n"
        "  Give more data, or name another manifest: --dev DEV.JSONL"
    )


def _choose(unit: str, sizes: dict[str, int], total: int) -> Split:
    goal = min(max(1, round(_SHARE * total)), _MOST)
    held_out: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: hashlib.sha256(name.encode(errors="surrogateescape")).digest()):
        if sum(held_out.values()) >= goal:
            break
        if sizes[name] <= max(_LARGEST * total, 1):
            held_out[name] = sizes[name]
    if not held_out:
        smallest = min(sizes, key=lambda name: (sizes[name], name))
        held_out = {smallest: sizes[smallest]}
    return Split(unit, frozenset(held_out), sum(held_out.values()), len(sizes))


def write_lines(data: SpeechData, request: RecipeRequest, parts: Split, *, held_out: bool) -> Iterator[bytes]:
    """Yield the lines of one part, with paths that count from the new folder."""
    for utterance in iterate(data.utterances):
        if parts.is_held_out(utterance) == held_out:
            entry = {
                "audio_filepath": request.path_from_folder(utterance.path),
                "duration": utterance.duration,
                "text": utterance.text,
                "offset": utterance.offset,
                "speaker": utterance.speaker,
                "lang": utterance.language,
            }
            line = json.dumps({key: value for key, value in entry.items() if value is not None}, ensure_ascii=False)
            yield line.encode(errors="surrogatepass") + b"\n"
