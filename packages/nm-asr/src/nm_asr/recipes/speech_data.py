"""A look at manifests before an application is written for them: characters, rates, durations, speakers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nm_asr.data.audio_file import AudioFile
from nm_asr.data.manifest import ManifestList, read_manifest
from nm_asr.data.utterance import Utterance
from nm_asr.errors import AudioError
from nm_core.scaffold import ScaffoldError
from nm_torch.common.text_files import compose

_HEADERS = 200
"""Recordings whose headers are read."""


@dataclass(frozen=True)
class SpeechData:
    """The utterances of the manifests of one data set.

    Attributes:
        paths: the manifests.
        utterances: all of them.
        characters: how often each character is written, in Unicode's composed form.
        untold: utterances without a text.
        crowded: utterances with more characters than CTC can write in their time.
    """

    paths: tuple[Path, ...]
    utterances: ManifestList
    characters: Counter[str]
    untold: int
    crowded: int

    @classmethod
    def read(cls, paths: Sequence[Path], *, lowercase: bool, frame_seconds: float) -> "SpeechData":
        """Read manifests and count what is in them.

        Raises:
            ManifestError: a manifest is empty, or lines are not what they should be.
            ScaffoldError: no utterance has a text.
        """
        utterances = ManifestList([read_manifest(path) for path in paths])
        characters: Counter[str] = Counter()
        untold = crowded = 0
        for utterance in iterate(utterances):
            text = compose(utterance.text.lower() if lowercase else utterance.text)
            characters.update(text)
            untold += not text.strip()
            crowded += len(text) * frame_seconds > utterance.duration
        if untold == len(utterances):
            raise ScaffoldError(
                f"{', '.join(map(str, paths))}: none of {untold} utterances has a text.\n"
                '  A recogniser learns from transcripts: write what is said into "text" of each line.'
            )
        return cls(tuple(paths), utterances, characters, untold, crowded)

    @property
    def hours(self) -> float:
        """The hours of speech."""
        return float(self.utterances.durations.sum()) / 3600

    def count_rates(self) -> Counter[int]:
        """Return how many of some recordings, spread over all, have each sample rate.

        Raises:
            ScaffoldError: none of them can be read.
        """
        rates: Counter[int] = Counter()
        problem = None
        step = max(1, len(self.utterances) // _HEADERS)
        for path in dict.fromkeys(self.utterances[index].path for index in range(0, len(self.utterances), step)):
            try:
                with closing(AudioFile(path)) as file:
                    rates[file.sample_rate] += 1
            except AudioError as error:
                problem = problem or error
                rates[0] += 1
        if set(rates) == {0}:
            raise ScaffoldError(
                f"{self.paths[0]}: none of {rates[0]} recordings can be read; the first of them:\n  {problem}\n"
                "  audio_filepath of a line counts from the folder of the manifest."
            )
        return rates


def iterate(utterances: ManifestList) -> Iterator[Utterance]:
    """Yield the utterances in order."""
    return (utterances[index] for index in range(len(utterances)))
