"""The utterances of manifests that a data layer uses, and their transcripts as label ids."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from nm_asr.data.manifest import Utterance, read_manifest
from nm_asr.errors import LabelError, LeftOutWarning, ManifestError
from nm_torch.common.labels import LabelVocabulary

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """The utterances that are used, and the numbers of those that are left out.

    Attributes:
        utterances: in the order of the manifests.
        transcripts: the label ids of each.
        too_short: the number of utterances below the shortest duration.
        too_long: the number of utterances above the longest duration.
        dropped_characters: the number of transcripts without some of their characters, which no label covers.
    """

    utterances: tuple[Utterance, ...]
    transcripts: tuple[tuple[int, ...], ...]
    too_short: int
    too_long: int
    dropped_characters: int

    def summary(self) -> str:
        """Describe the selection, in one line."""
        seconds = sum(utterance.duration for utterance in self.utterances)
        text = f"{len(self.utterances)} utterances, {seconds / 60:.1f} minutes"
        return "; ".join([text, *self.left_out()])

    def left_out(self) -> list[str]:
        """Return a phrase for each reason for which something is left out."""
        reasons = (
            (self.too_short, "utterances left out for being shorter than min_duration"),
            (self.too_long, "utterances left out for being longer than max_duration"),
            (self.dropped_characters, "transcripts without the characters that no label covers"),
        )
        return [f"{count} {reason}" for count, reason in reasons if count]


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
    utterances: list[Utterance] = []
    transcripts: list[tuple[int, ...]] = []
    problems: list[str] = []
    too_short = too_long = dropped = 0
    for manifest in manifests:
        for utterance in read_manifest(manifest):
            if utterance.duration < min_duration:
                too_short += 1
                continue
            if max_duration is not None and utterance.duration > max_duration:
                too_long += 1
                continue
            text = utterance.text.lower() if lowercase else utterance.text
            outside = labels.outside(text)
            if outside and drop_outside:
                dropped += 1
                text = labels.without_outside(text)
            elif outside:
                # every bad text is collected, so that one run shows them all
                problems.append(_format_problem(f"{manifest}:{utterance.line}", text, outside))
                continue
            utterances.append(utterance)
            transcripts.append(tuple(labels.encode(text)))
    if problems:
        raise LabelError(_format_problems(problems, lowercase))
    selection = Selection(tuple(utterances), tuple(transcripts), too_short, too_long, dropped)
    where = ", ".join(manifests)
    if not utterances:
        raise ManifestError(
            f"{where}: no utterance is left: {'; '.join(selection.left_out())}.\n"
            f"  Set min_duration (now {min_duration:g} s) and max_duration (now {max_duration} s) to what the data has."
        )
    if selection.left_out():
        # four frames up is the line that makes the data layer
        warnings.warn(f"{where}: {'; '.join(selection.left_out())}.", LeftOutWarning, stacklevel=4)
    return selection


def _format_problem(where: str, text: str, outside: Sequence[str]) -> str:
    shown = ", ".join(f"{character!r} (U+{ord(character[0]):04X})" for character in outside)
    return f"{where}: the text holds {shown}, which no label covers: {text!r}"


def _format_problems(problems: Sequence[str], lowercase: bool) -> str:
    lines = list(problems[:_SHOWN])
    if len(problems) > _SHOWN:
        lines.append(f"... and {len(problems) - _SHOWN} more lines.")
    lower = "" if lowercase else "set lowercase=True if only the case differs, "
    lines.append(f'  Write them out in the manifest, {lower}add them to labels, or set outside_labels="drop".')
    return "\n".join(lines)
