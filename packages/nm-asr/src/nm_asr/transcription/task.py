"""`transcribe`: recordings in, hypotheses out, with any application whose inference graph goes from audio to text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import AudioError, DecodingError, TranscriptionError
from nm_asr.transcription.ends import Ends, find_ends
from nm_asr.transcription.joining import Transcript
from nm_asr.transcription.recordings import Audio, Recording, check_rate, is_single, list_recordings, make_audio
from nm_asr.transcription.windows import cut_windows
from nm_core import Graph
from nm_core.application import Application
from nm_torch.common.hypotheses import Hypothesis

T = TypeVar("T")

_OVERLAP = 12.0
"""Seconds that two windows share: several words, each with more sound around it than convolutions reach."""


@overload
def transcribe(  # type: ignore[overload-overlap]  # text is a sequence of texts
    application: Application,
    audio: Recording,
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
    window_seconds: float = 120.0,
) -> Hypothesis: ...


@overload
def transcribe(
    application: Application,
    audio: Sequence[Recording],
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
    window_seconds: float = 120.0,
    on_error: None = None,
) -> list[Hypothesis]: ...


@overload
def transcribe(
    application: Application,
    audio: Sequence[Recording],
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
    window_seconds: float = 120.0,
    on_error: Callable[[int, AudioError], None],
) -> list[Hypothesis | None]: ...


def transcribe(
    application: Application,
    audio: Recording | Sequence[Recording],
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
    window_seconds: float = 120.0,
    on_error: Callable[[int, AudioError], None] | None = None,
) -> Hypothesis | list[Hypothesis] | list[Hypothesis | None]:
    """Transcribe recordings, with word times in seconds.

    Recordings of like length share a batch and are read when its turn comes, so memory depends on the batch and not on
    their number; neither padding nor the rest of a batch changes a result. Longer recordings than ``window_seconds``
    are read and transcribed window by window, so memory does not depend on their length either. Windows share 12
    seconds (a quarter of a window at most), and the seam is put in the longest pause of the middle of these; the text
    may differ from that of the whole in so far as features are normalised over the window.

    Args:
        application: a trained application; the graph of its task ``transcribe``, or ``infer``, takes audio and gives
            hypotheses.
        audio: one recording or several. A recording is the path of an audio file, the bytes of one, a file that is
            open for reading, or samples: an array of NumPy or PyTorch, or a list, of floats within ±1 or PCM integers
            of 8, 16 or 32 bits, ``[samples]``, ``[samples, channels]`` or, for one or two channels,
            ``[channels, samples]``. Channels are averaged.
        sample_rate: samples per second of the arrays; that of the application where None. Other rates are resampled.
        batch_size: most recordings of a batch.
        batch_seconds: most seconds of a batch, padding included; a longer recording is a batch of its own.
        window_seconds: seconds of a window of a longer recording, at least 1; infinity cuts none. A graph whose
            hypotheses have no times in seconds cannot be joined, and transcribes every recording whole.
        on_error: called with the index and the error of each of several recordings that cannot be read; its result is
            None and the others go on. The error is raised where None.

    Returns:
        one hypothesis for one recording, a list in the order of several.

    Raises:
        TranscriptionError: the application does not go from audio to hypotheses, or an item is no audio.
        AudioError: files are missing or unreadable (damaged, cut off, with samples that are not finite); all that are
            missing are named before anything is computed.

    Example:
        >>> import nm_asr
        >>> from nm_core import NeuralModuleFactory, inputs, load_application
        >>> preprocessor = nm_asr.AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=20)
        >>> encoder = nm_asr.JasperEncoder(feat_in=20, blocks=[{"filters": 8, "kernel": 5, "stride": 2}])
        >>> head = nm_asr.JasperDecoderForCTC(feat_in=8, num_classes=4)
        >>> free = inputs(audio="B T:t ; AudioSignal(8000)", length="B ; Lengths(t)")
        >>> spec, spec_len = preprocessor(audio=free.audio, length=free.length)
        >>> encoded, encoded_len = encoder(audio_signal=spec, length=spec_len)
        >>> log_probs = head(encoder_output=encoded)
        >>> graph = Graph(nm_asr.GreedyCTCDecoder(labels=" abc")(log_probs=log_probs, length=encoded_len))
        >>> folder = NeuralModuleFactory(placement="cpu").save("application", graphs={"infer": graph})
        >>> recogniser = load_application(folder, placement="cpu")
        >>> hypothesis = recogniser.transcribe(np.zeros(8000, np.float32))  # or the path of a recording
        >>> hypothesis.unit
        'seconds'
    """
    graph = application.graph_of("transcribe")
    ends = find_ends(graph)
    _check_limits(batch_size=batch_size, batch_seconds=batch_seconds, window_seconds=window_seconds)
    rate = check_rate(sample_rate, ends.rate)
    single = is_single(audio)
    items = [audio] if single else list_recordings(audio)
    names = ["The recording" if single else f"Recording {index}" for index in range(len(items))]
    report = partial(_report_errors, on_error=None if single else on_error)
    recordings, errors = _try_each(range(len(items)), lambda index: make_audio(items[index], names[index], rate))
    # headers first: a missing file is an error before hours of computation
    seconds, unreadable = _try_each(recordings, lambda index: recordings[index].seconds())
    report(errors | unreadable)
    window = window_seconds if ends.frame_seconds is not None else float("inf")
    recogniser = _Recogniser(application, graph, ends)
    results: dict[int, Hypothesis] = {}
    for batch in _make_batches(seconds, batch_size, batch_seconds, window):
        if seconds[batch[0]] > window:
            hypotheses, errors = _try_each(batch, lambda index: recogniser.transcribe_long(recordings[index], window))
        else:
            hypotheses, errors = recogniser.transcribe_batch({index: recordings[index] for index in batch})
        report(errors)
        results |= hypotheses
    return results[0] if single else [results.get(index) for index in range(len(items))]


class _Recogniser:
    """A graph that transcribes signals."""

    def __init__(self, application: Application, graph: Graph, ends: Ends) -> None:
        self._application, self._graph, self._ends = application, graph, ends

    def transcribe_batch(self, batch: Mapping[int, Audio]) -> tuple[dict[int, Hypothesis], dict[int, AudioError]]:
        """Transcribe recordings together; return the hypotheses, and the errors of those that fail, by index."""
        signals, errors = _try_each(batch, lambda index: batch[index].samples(self._ends.rate))
        if not signals:
            return {}, errors
        try:
            return dict(zip(signals, self.decode([*signals.values()]), strict=True)), errors
        except DecodingError:  # one bad recording fails for itself, not for its neighbours
            results, failed = _try_each(signals, lambda index: self.decode_one(signals[index]))
            return results, errors | failed

    def transcribe_long(self, recording: Audio, seconds: float) -> Hypothesis:
        """Transcribe a recording window by window."""
        rate, transcript = self._ends.rate, Transcript(self._ends.space)
        frame = max(1, round((self._ends.frame_seconds or 0.0) * rate))
        window = max(1, round(seconds * rate))
        # windows begin where frames of the whole would, so that they see the same frames
        step = max(frame, round((seconds - min(_OVERLAP, seconds / 4)) * rate) // frame * frame)
        for start, samples in cut_windows(recording.blocks(rate), window, min(step, window)):
            hypothesis = self.decode_one(samples)
            if hypothesis.text and not hypothesis.tokens:
                return self.decode_one(recording.samples(rate))  # without times nothing can be joined
            transcript.add(hypothesis, start=start / rate, end=(start + len(samples)) / rate)
        return transcript.hypothesis()

    def decode_one(self, signal: NDArray[np.float32]) -> Hypothesis:
        """Transcribe one signal."""
        try:
            (hypothesis,) = self.decode([signal])
        except DecodingError as error:
            raise AudioError(str(error)) from error
        return hypothesis

    def decode(self, signals: Sequence[NDArray[np.float32]]) -> list[Hypothesis]:
        """Transcribe signals together."""
        ends = self._ends
        # without lengths the graph would take padding for sound: recordings of unlike length go alone
        if ends.length is None and len({len(signal) for signal in signals}) > 1:
            return [hypothesis for signal in signals for hypothesis in self.decode([signal])]
        padded = np.zeros((len(signals), max(map(len, signals))), np.float32)
        for row, signal in zip(padded, signals, strict=True):
            row[: len(signal)] = signal
        inputs: dict[str, Any] = {ends.audio: padded}
        if ends.length is not None:
            inputs[ends.length] = np.array([len(signal) for signal in signals], np.int64)
        results = self._application.factory.infer(self._graph, inputs=inputs)
        hypotheses: list[Hypothesis] = results.collect()[ends.hypotheses]
        if ends.frame_seconds is None:
            return hypotheses
        return [hypothesis.in_seconds(ends.frame_seconds) for hypothesis in hypotheses]


def _check_limits(**limits: object) -> None:
    for name, value in limits.items():
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not value > 0 or (name != "batch_seconds" and value < 1):  # type: ignore[operator]
            expected = "above 0" if name == "batch_seconds" else "of at least 1"
            raise TranscriptionError(f"{name}={value!r}; expected a number {expected}.")


def _try_each(indices: Iterable[int], read: Callable[[int], T]) -> tuple[dict[int, T], dict[int, AudioError]]:
    """Read each recording; return the results, and the errors of those that cannot be read, by index."""
    results: dict[int, T] = {}
    errors: dict[int, AudioError] = {}
    for index in indices:
        try:
            results[index] = read(index)
        except AudioError as error:
            errors[index] = error
    return results, errors


def _report_errors(errors: Mapping[int, AudioError], on_error: Callable[[int, AudioError], None] | None) -> None:
    if errors and on_error is None:
        raise next(iter(errors.values())) if len(errors) == 1 else AudioError("\n".join(map(str, errors.values())))
    for index, error in errors.items():
        assert on_error is not None
        on_error(index, error)


def _make_batches(seconds: Mapping[int, float], most: int, longest: float, window: float) -> Iterator[list[int]]:
    batch: list[int] = []
    # longest first, so that too large a batch fails at once and not after an hour
    for index in sorted(seconds, key=lambda index: -seconds[index]):
        if batch and (
            len(batch) == most or (len(batch) + 1) * seconds[batch[0]] > longest or seconds[batch[0]] > window
        ):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
