"""The data layer of speech recognition: recordings and their transcripts, in micro-batches.

Legend: B batch, S mel bands, T frames or samples, U labels.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nm_asr.data.audio import read_audio
from nm_asr.data.augmentation import check_augmentation, read_augmentation
from nm_asr.data.cache import BoundedCache
from nm_asr.data.selection import check_durations, select_utterances
from nm_asr.data.utterance import Utterance
from nm_asr.errors import AudioError, DataLayerError
from nm_asr.features.mel import check_front_end, make_front_end
from nm_core import ModuleOptions, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from nm_core.errors import check_all
from nm_core.symbols.ports import PortSpec
from nm_torch import ports
from nm_torch.common.labels import LabelVocabulary, check_labels
from nm_torch.data import Batching, DataLayer, SampleError, check_limits

PADDING = -1
_TOLERANCE = 0.25
"""Seconds by which a file may differ from the duration that its manifest states, beside a twentieth of it."""


class Sample(NamedTuple):
    """One utterance as it goes into a batch: features ``[S, T]`` or samples ``[T]``, and label ids."""

    signal: NDArray[np.float32]
    transcript: tuple[int, ...]


class AudioToTextBatch(NamedTuple):
    """Features or waveforms with their lengths, and transcripts as label ids with theirs."""

    spec: Any
    spec_len: Any
    transcript: Any
    transcript_len: Any


class AudioToTextDataLayer(DataLayer[AudioToTextBatch]):
    """A data layer of recordings and transcripts, listed in manifests.

    A manifest has one JSON object per line: ``audio_filepath`` (wav, flac, ogg, mp3; relative to the manifest),
    ``duration`` in seconds, ``text``, and optionally ``offset``, ``speaker`` and ``lang``. Audio is mixed to mono and
    resampled. A recording that is missing or unreadable is counted and listed, and the run goes on, up to
    ``max_unreadable``.

    The outputs are ``spec`` (log-mel features, or the waveform with ``features="audio"``), its lengths in frames (or
    samples), the transcript as label ids padded with -1, and its lengths in labels.

    Args:
        manifest: a path, or several.
        labels: the labels in the order of their ids: a string of characters, or a list.
        batch_size: most utterances of a micro-batch.
        batch_seconds: most seconds of a padded micro-batch, the number of its utterances times the longest.
        features: "logmel" computes here what `AudioToMelSpectrogramPreprocessor` computes with the same settings;
            "audio" leaves that to the graph.
        sample_rate: samples per second of the waveforms; files at other rates are resampled.
        n_mels: mel bands.
        front_end: other settings of the features, as `AudioToMelSpectrogramPreprocessor` has them: window_size,
            window_stride, n_fft, f_min, f_max, preemphasis, normalize.
        augmentation: augmentations of each waveform, in order: ``[{"type": "speed", "low": 0.9, "high": 1.1}]``; types
            are speed, gain, noise, shift, room and band, with the settings of their classes in
            `nm_asr.data.augmentation`.
        shuffle: another order in each epoch.
        bucketing: put utterances of like duration together.
        drop_last: leave out a last micro-batch that is not full.
        min_duration: leave out shorter utterances, in seconds; a warning gives their number.
        max_duration: leave out longer utterances, in seconds.
        lowercase: turn texts to lower case first.
        outside_labels: "error" refuses texts with characters that no label covers and names the lines; "drop" leaves
            these characters out, and a warning gives the number of such texts.
        cache_megabytes: keep decoded recordings (or, without augmentation, their features) in memory up to this much,
            for each process that reads; 0 keeps none.
        workers: processes that read ahead; 0 reads in the process of the action.
        worker_timeout: seconds without a micro-batch after which workers count as hung.
        max_unreadable: the number of unreadable recordings after which the run stops.

    Raises:
        ManifestError: a manifest cannot be read, or no utterance is within the durations.
        LabelError: a text has characters that no label covers.
        DataLayerError, FrontEndError, AugmentationError: a setting has no meaning.

    Example:
        >>> import json, pathlib, soundfile
        >>> soundfile.write("cab.wav", np.zeros(8000, np.float32), samplerate=8000)
        >>> line = {"audio_filepath": "cab.wav", "duration": 1.0, "text": "cab"}
        >>> _ = pathlib.Path("train.jsonl").write_text(json.dumps(line))
        >>> layer = AudioToTextDataLayer(manifest="train.jsonl", labels=" abc", sample_rate=8000, n_mels=40)
        >>> spec, spec_len, transcript, transcript_len = layer.collate([layer.sample(0, np.random.default_rng(0))])
        >>> spec.shape, transcript
        (torch.Size([1, 40, 101]), tensor([[3, 1, 2]]))
    """

    output_ports = ports(
        spec="B Spectrogram:{n_mels} T:t ; Features",
        spec_len="B ; Lengths(t)",
        transcript="B Token:u ; Labels({n_labels})",
        transcript_len="B ; Lengths(u)",
    )
    path_params: ClassVar[tuple[str, ...]] = ("manifest",)
    size_limit: ClassVar[str] = "batch_seconds"

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of labels, by the name in the ports."""
        return {"n_labels": len(params["labels"])}

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports that follow from the parameter ``features``."""
        outputs = dict(AudioToTextDataLayer.output_ports)
        if params["features"] == "audio":
            outputs |= ports(spec="B T:t ; AudioSignal({sample_rate})")
        return PortSpec(), PortSpec(outputs.values())

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check labels, limits of batches, durations, augmentation and front end without reading the manifest."""
        if not params["manifest"]:
            raise DataLayerError("manifest names no file.\n  Give a path, or a list of paths.")
        check_all(
            lambda: check_labels(params["labels"]),
            lambda: check_limits("batch_seconds", params),
            lambda: check_durations(params["min_duration"], params["max_duration"]),
            lambda: check_augmentation(params["augmentation"]),
            lambda: check_front_end(params["front_end"], sample_rate=params["sample_rate"]),
        )

    def __init__(
        self,
        *,
        manifest: str | Sequence[str],
        labels: str | Sequence[str],
        batch_size: PositiveInt | None = 32,
        batch_seconds: PositiveFloat | None = None,
        features: Literal["logmel", "audio"] = "logmel",
        sample_rate: PositiveInt = 16000,
        n_mels: PositiveInt = 64,
        front_end: Mapping[str, Any] = MappingProxyType({}),
        augmentation: Sequence[Mapping[str, Any]] = (),
        shuffle: bool = False,
        bucketing: bool = False,
        drop_last: bool = False,
        min_duration: NonNegativeFloat = 0.0,
        max_duration: PositiveFloat | None = None,
        lowercase: bool = False,
        outside_labels: Literal["error", "drop"] = "error",
        cache_megabytes: NonNegativeFloat = 256.0,
        workers: NonNegativeInt = 0,
        worker_timeout: NonNegativeFloat = 120.0,
        max_unreadable: NonNegativeInt = 20,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(
            batching=Batching(
                batch_size=batch_size,
                batch_tokens=batch_seconds,
                shuffle=shuffle,
                bucketing=bucketing,
                drop_last=drop_last,
            ),
            workers=workers,
            worker_timeout=worker_timeout,
            max_unreadable=max_unreadable,
            **options,
        )
        self.sample_rate = sample_rate
        self.labels = LabelVocabulary(labels)
        self.augmentation = read_augmentation(augmentation)
        self.selection = select_utterances(
            [manifest] if isinstance(manifest, str) else [str(path) for path in manifest],
            self.labels,
            min_duration=min_duration,
            max_duration=max_duration,
            lowercase=lowercase,
            drop_outside=outside_labels == "drop",
        )
        self.front_end = make_front_end(front_end, sample_rate=sample_rate, n_mels=n_mels)
        self.analyses = features == "logmel"
        self.cache = BoundedCache(cache_megabytes)

    def __len__(self) -> int:
        return len(self.selection.utterances)

    def size_of(self, index: int) -> float:
        """Return the duration that the manifest states, in seconds."""
        return self.selection.utterances.duration(index)

    def sample_sizes(self) -> NDArray[np.float64]:
        """Return the duration of every utterance, in seconds."""
        return self.selection.utterances.durations

    def utterance(self, index: int) -> Utterance:
        """Return the entry of the manifest of a sample."""
        return self.selection.utterances[index]

    def sample_name(self, index: int) -> str:
        """Return the path of a recording, with the second at which the utterance begins where it is a part of it."""
        utterance = self.utterance(index)
        return str(utterance.path) if utterance.offset is None else f"{utterance.path} at {utterance.offset:g} s"

    def summary(self) -> str:
        """Describe how many utterances are used, left out and in memory, in one line."""
        return f"{self.selection.summary()}; {self.cache.summary(len(self))}"

    def sample(self, index: int, random: np.random.Generator) -> Sample:
        """Read one utterance and augment it.

        Raises:
            SampleError: the recording cannot be read.
        """
        try:
            # features of augmented recordings differ in each epoch: then the recordings are cached
            signal = self.cache.get(index, self._read if self.augmentation or not self.analyses else self._analyse)
        except AudioError as error:
            raise SampleError(str(error)) from error
        if self.augmentation:
            for augment in self.augmentation:
                signal = augment(signal, self.sample_rate, random)
            if self.analyses:
                signal = self._compute_features(signal)
        return Sample(signal, self.selection.transcripts[index])

    def collate(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pad utterances to one batch, features with zeros and transcripts with -1.

        Returns:
            float32 [B, S, T] or, with ``features="audio"``, [B, T]; lengths int64 [B]; label ids int64 [B, U]; lengths
            int64 [B].
        """
        signals = [sample.signal for sample in samples]
        transcripts = [np.asarray(sample.transcript, np.int64) for sample in samples]
        return _pad(signals, 0.0), _count_positions(signals), _pad(transcripts, PADDING), _count_positions(transcripts)

    def _read(self, index: int) -> NDArray[np.float32]:
        utterance = self.selection.utterances[index]
        part = utterance.offset is not None  # a whole file is read to its end: manifests round durations
        samples = read_audio(
            utterance.path,
            self.sample_rate,
            offset=utterance.offset,
            duration=utterance.duration if part else None,
        )
        seconds = len(samples) / self.sample_rate
        if abs(seconds - utterance.duration) > _TOLERANCE + 0.05 * utterance.duration:
            raise AudioError(
                f"{utterance.path}: it holds {seconds:.2f} s, but the manifest's line {utterance.line} says "
                f"{utterance.duration:.2f} s."
            )
        return samples

    def _analyse(self, index: int) -> NDArray[np.float32]:
        return self._compute_features(self._read(index))

    def _compute_features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths_1 = torch.tensor([len(samples)])
        with torch.no_grad():
            features_1ST, _ = self.front_end(torch.tensor(samples).unsqueeze(0), lengths_1)
        return np.asarray(features_1ST.squeeze(0).numpy(), dtype=np.float32)


def _pad(parts: Sequence[NDArray[Any]], padding: float) -> Tensor:
    """Pad the last axis of arrays to the longest and stack them."""
    longest = max(part.shape[-1] for part in parts)
    out = np.full((len(parts), *parts[0].shape[:-1], longest), padding, parts[0].dtype)
    for row, part in zip(out, parts, strict=True):
        row[..., : part.shape[-1]] = part
    return torch.from_numpy(out)


def _count_positions(parts: Sequence[NDArray[Any]]) -> Tensor:
    return torch.tensor([part.shape[-1] for part in parts], dtype=torch.int64)
