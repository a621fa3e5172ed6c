"""Manifests: one utterance per line, as JSON, held as bytes and arrays."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from os.path import exists
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.line_form import Places
from nm_asr.data.manifest_scan import ParsedLines, scan_manifest
from nm_asr.data.utterance import Utterance, parse_utterance
from nm_asr.errors import ManifestError
from nm_torch.common.text_source import TextSource
from nm_torch.data.shared_array import SharedArray


class _Columns(NamedTuple):
    starts: NDArray[Any]
    sizes: NDArray[Any]
    numbers: NDArray[Any]
    durations: NDArray[Any]


class AudioManifest(Sequence[Utterance]):
    """The utterances of a manifest, parsed anew when they are asked for.

    Only places and durations are kept, 24 bytes a line, and worker processes share them. The lines themselves are held
    in memory where the file has at most 256 MiB, and otherwise read from the file, which must stay as it was.

    Attributes:
        path: the file.

    Example:
        >>> line = '{"audio_filepath": "a.wav", "duration": 1.5, "text": "hello"}'
        >>> _ = Path("train.jsonl").write_text(line)
        >>> manifest = read_manifest("train.jsonl")
        >>> manifest[0].text, manifest.durations
        ('hello', array([1.5]))
    """

    def __init__(self, source: TextSource, columns: _Columns) -> None:
        self.path = source.path
        self._source = source
        self._starts, self._sizes, self._numbers, self._durations = map(SharedArray, columns)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Utterance: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Utterance, ...]: ...
    def __getitem__(self, index: int | slice) -> Utterance | tuple[Utterance, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        start, number = int(self._starts.values[index]), int(self._numbers.values[index])
        utterance = parse_utterance(self.path, number, self._source.read(start, start + int(self._sizes.values[index])))
        assert utterance is not None, "a blank line is no utterance"
        return utterance

    @property
    def durations(self) -> NDArray[np.float64]:
        """The seconds of each utterance."""
        return self._durations.values


class ManifestList(Sequence[Utterance]):
    """The utterances of several manifests, one after the other."""

    def __init__(self, manifests: Sequence[AudioManifest]) -> None:
        self.manifests = tuple(manifests)
        self._ends = list(accumulate(map(len, self.manifests)))

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> Utterance: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Utterance, ...]: ...
    def __getitem__(self, index: int | slice) -> Utterance | tuple[Utterance, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        part, number = self._locate(index)
        return self.manifests[part][number]

    def duration(self, index: int) -> float:
        """Return the seconds of an utterance."""
        part, number = self._locate(index)
        return float(self.manifests[part].durations[number])

    def _locate(self, index: int) -> tuple[int, int]:
        number = range(len(self))[index]
        part = bisect_right(self._ends, number)
        return part, number - self._ends[part]  # counted from the end of its manifest

    @property
    def durations(self) -> NDArray[np.float64]:
        """The seconds of each utterance."""
        if len(self.manifests) == 1:
            return self.manifests[0].durations
        return np.concatenate([manifest.durations for manifest in self.manifests])


def read_manifest(path: str | Path) -> AudioManifest:
    """Read a manifest; keys without an attribute of `Utterance` are ignored.

    Every line is checked here. A byte order mark is no part of the text; blank lines are skipped.

    Raises:
        ManifestError: the file is missing or empty, or lines are not what they should be; the lines are named.
    """
    return read_manifest_part(path, lambda lines: np.arange(len(lines.start_N)))


def read_manifest_part(path: str | Path, choose: Callable[[ParsedLines], Places]) -> AudioManifest:
    """Read a manifest and keep the utterances that a function chooses of each block.

    Raises:
        ManifestError: the file is missing or empty, or lines are not what they should be; the lines are named.
    """
    path = Path(path)
    if not exists(path):  # not the method of paths: that raises where a name is longer than the file system's
        raise ManifestError(
            f"{path}: there is no such manifest.\n"
            "  In an application a path counts from the folder of its file, in Python from the working directory."
        )
    source = TextSource(path, error=ManifestError)
    columns: list[list[NDArray[Any]]] = [[], [], [], []]
    count = 0
    for lines in scan_manifest(source):
        rows = choose(lines)
        count += len(lines.start_N)
        starts, sizes, numbers = lines.start_N[rows], lines.size_N[rows], lines.number_N[rows]
        values: list[NDArray[Any]] = [
            starts,
            sizes.astype(np.uint32),
            numbers.astype(np.uint32),
            lines.duration_N[rows],
        ]
        for column, part in zip(columns, values, strict=True):
            column.append(part)
    if not count:
        raise ManifestError(
            f"{path}: the manifest is empty.\n"
            '  Expected one line per utterance: {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello"}'
        )
    return AudioManifest(source, _Columns(*map(_join, columns)))


def _join(parts: list[NDArray[Any]]) -> NDArray[Any]:
    joined = np.concatenate(parts)
    parts.clear()  # with ten million lines, two copies of every column would not fit beside a model
    return joined
