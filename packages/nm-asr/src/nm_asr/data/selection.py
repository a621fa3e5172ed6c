"""The utterances of manifests that a data layer uses, and their transcripts as label ids."""

import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import overload

import numpy as np

from nm_asr.data.line_form import Places
from nm_asr.data.manifest import ManifestList, read_manifest_part
from nm_asr.data.manifest_scan import BadLines, ParsedLines
from nm_asr.errors import ComposedTextWarning, DataLayerError, LabelError, LeftOutWarning, ManifestError
from nm_torch.common.labels import LabelVocabulary


@dataclass(frozen=True)
class TextRules:
    """The way from the text of a manifest to label ids.

    Attributes:
        labels: the labels.
        lowercase: turn texts to lower case first.
        drop_outside: leave out characters that no label covers.
    """

    labels: LabelVocabulary
    lowercase: bool
    drop_outside: bool

    def fold(self, text: str) -> str:
        """Return a text in lower case, if asked for."""
        return text.lower() if self.lowercase else text

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the label ids of a text."""
        text = self.fold(text)
        return tuple(self.labels.encode(self.labels.without_outside(text) if self._drops(text) else text))

    def _drops(self, text: str) -> bool:
        return self.drop_outside and bool(self.labels.outside(text))

    def cover(self, text: str) -> bool:
        """Return whether a joined text is all labels as it stands: then so are its parts. False says nothing."""
        if self.lowercase and not text.isascii():
            return False  # lower case depends on the neighbours: sigma has a form of its own at the end of a word
        text = self.fold(text)
        return unicodedata.is_normalized("NFC", text) and self.labels.covers_each(text)


class Transcripts(Sequence[tuple[int, ...]]):
    """The label ids of utterances, encoded anew when they are asked for."""

    def __init__(self, utterances: ManifestList, rules: TextRules) -> None:
        self._utterances = utterances
        self._rules = rules

    def __len__(self) -> int:
        return len(self._utterances)

    @overload
    def __getitem__(self, index: int) -> tuple[int, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[int, ...], ...]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, ...] | tuple[tuple[int, ...], ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        return self._rules.encode(self._utterances[index].text)


@dataclass(frozen=True, slots=True)
class Selection:
    """The utterances that are used, and the numbers of those that are left out.

    Attributes:
        utterances: in the order of the manifests.
        transcripts: the label ids of each.
        too_short: the number of utterances below the shortest duration.
        too_long: the number of utterances above the longest duration.
        dropped_characters: the number of transcripts without some of their characters, which no label covers.
        composed: the number of transcripts that are not written in Unicode's composed form (NFC) and are read as if
            they were.
    """

    utterances: ManifestList
    transcripts: Transcripts
    too_short: int
    too_long: int
    dropped_characters: int
    composed: int

    def summary(self) -> str:
        """Describe the selection, in one line."""
        seconds = float(self.utterances.durations.sum())
        text = f"{len(self.utterances)} utterances, {seconds / 60:.1f} minutes"
        composed = [f"{self.composed} transcripts composed (NFC)"] if self.composed else []
        return "; ".join([text, *self.left_out(), *composed])

    def left_out(self) -> list[str]:
        """Return a phrase for each reason for which something is left out."""
        reasons = (
            (self.too_short, "utterances left out for being shorter than min_duration"),
            (self.too_long, "utterances left out for being longer than max_duration"),
            (self.dropped_characters, "transcripts without the characters that no label covers"),
        )
        return [f"{count} {reason}" for count, reason in reasons if count]


def check_durations(min_duration: float, max_duration: float | None) -> None:
    """Check the limits of durations, in seconds.

    Raises:
        DataLayerError: nothing is between them.
    """
    if max_duration is not None and max_duration < min_duration:
        raise DataLayerError(
            f"max_duration is {max_duration:g} s and min_duration {min_duration:g} s, and nothing is between them.\n"
            "  Give the shortest duration as min_duration, and the longest as max_duration."
        )


def select_utterances(
    manifests: Sequence[str],
    labels: LabelVocabulary,
    *,
    min_duration: float,
    max_duration: float | None,
    lowercase: bool,
    drop_outside: bool,
) -> Selection:
    """Read manifests and select utterances by duration and text; a warning says what is left out.

    Raises:
        ManifestError: a manifest cannot be read, or nothing of it is left.
        LabelError: a text holds characters that no label covers; the lines are named.
    """
    choice = _Choice(TextRules(labels, lowercase, drop_outside), min_duration, max_duration)
    utterances = ManifestList([read_manifest_part(path, partial(choice.choose, path)) for path in manifests])
    if choice.problems.count:
        raise LabelError(_format_problems(choice.problems, lowercase))
    selection = Selection(
        utterances,
        Transcripts(utterances, choice.rules),
        choice.too_short,
        choice.too_long,
        choice.dropped,
        choice.composed,
    )
    where = ", ".join(manifests)
    if not len(utterances):
        raise ManifestError(
            f"{where}: no utterance is left: {'; '.join(selection.left_out())}.\n"
            f"  Set min_duration (now {min_duration:g} s) and max_duration (now {max_duration} s) to what the data has."
        )
    # four frames up is the line that makes the data layer
    if selection.left_out():
        warnings.warn(f"{where}: {'; '.join(selection.left_out())}.", LeftOutWarning, stacklevel=4)
    if choice.composed:
        message = f"{where}: {choice.composed} transcripts are not in Unicode's composed form (NFC) and are read as it."
        warnings.warn(message, ComposedTextWarning, stacklevel=4)
    return selection


class _Choice:
    """The choice of utterances, block by block, and the numbers of what is left out."""

    def __init__(self, rules: TextRules, min_duration: float, max_duration: float | None) -> None:
        self.rules = rules
        self.min_duration = min_duration
        self.max_duration = np.inf if max_duration is None else max_duration
        self.problems = BadLines()
        self.too_short = self.too_long = self.dropped = self.composed = 0

    def choose(self, manifest: str, lines: ParsedLines) -> Places:
        short = lines.duration_N < self.min_duration
        long = ~short & (lines.duration_N > self.max_duration)
        self.too_short += int(short.sum())
        self.too_long += int(long.sum())
        rows = np.flatnonzero(~short & ~long)
        if not self.rules.cover(lines.join_texts(rows)):
            for row in rows.tolist():
                self._check_text(f"{manifest}:{lines.number_N[row]}", lines.text(row))
        return rows

    def _check_text(self, where: str, text: str) -> None:
        text = self.rules.fold(text)
        if self.rules.cover(text):
            return
        labels = self.rules.labels
        outside = labels.outside(text)
        if outside and self.rules.drop_outside:
            self.dropped += 1
        elif outside:
            # every bad text is counted, so that one run shows the first of them and how many there are
            self.problems.add(_format_problem(where, text, outside))
            return
        self.composed += labels.normalize(text) != text


def _format_problem(where: str, text: str, outside: Sequence[str]) -> str:
    shown = ", ".join(f"{character!r} (U+{ord(character[0]):04X})" for character in outside)
    return f"{where}: the text holds {shown}, which no label covers: {text!r}"


def _format_problems(problems: BadLines, lowercase: bool) -> str:
    lines = list(problems.shown)
    if problems.count > len(problems.shown):
        lines.append(f"... and {problems.count - len(problems.shown)} more lines.")
    lower = "" if lowercase else "set lowercase=True if only the case differs, "
    lines.append(f'  Write them out in the manifest, {lower}add them to labels, or set outside_labels="drop".')
    return "\n".join(lines)
