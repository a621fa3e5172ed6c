"""`transcribe`: recordings in, hypotheses out, with any application whose inference graph goes from audio to text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import isclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.audio import mix_channels, read_audio, read_duration, resample
from nm_asr.errors import AudioError, TranscriptionError
from nm_core import Graph, NmTensor
from nm_core.application import Application
from nm_torch.common.hypotheses import Hypothesis, HypothesisKind
from nm_types import AudioSignal, Lengths, NeuralType, Size, TimeTag

T = TypeVar("T")
Recording = str | PathLike[str] | NDArray[Any]

_MANY = 10**12
"""A number of samples so large that rounding in the sizes of types does not matter."""


@overload
def transcribe(  # type: ignore[overload-overlap]  # text is a sequence of texts
    application: Application,
    audio: Recording,
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
) -> Hypothesis: ...


@overload
def transcribe(
    application: Application,
    audio: Sequence[Recording],
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
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
    on_error: Callable[[int, AudioError], None],
) -> list[Hypothesis | None]: ...


def transcribe(
    application: Application,
    audio: Recording | Sequence[Recording],
    *,
    sample_rate: int | None = None,
    batch_size: int = 16,
    batch_seconds: float = 240.0,
    on_error: Callable[[int, AudioError], None] | None = None,
) -> Hypothesis | list[Hypothesis] | list[Hypothesis | None]:
    """Transcribe recordings, with word times in seconds.

    Recordings of like length share a batch and are read when its turn comes, so memory depends on the batch and not on
    their number; neither padding nor the rest of a batch changes a result.

    Args:
        application: a trained application; the graph of its task ``transcribe``, or ``infer``, takes audio and gives
            hypotheses.
        audio: one recording or several: paths of audio files, or arrays of samples within ±1, ``[samples]`` or
            ``[samples, channels]``.
        sample_rate: samples per second of the arrays; that of the application where None. Other rates are resampled.
        batch_size: most recordings of a batch.
        batch_seconds: most seconds of a batch, padding included; a longer recording is a batch of its own.
        on_error: called with the index and the error of each of several recordings that cannot be read; its result is
            None and the others go on. The error is raised where None.

    Returns:
        one hypothesis for one recording, a list in the order of several.

    Raises:
        TranscriptionError: the application does not go from audio to hypotheses, or an item is no audio.
        AudioError: files are missing or unreadable; all that are missing are named before anything is computed.

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
    single = isinstance(audio, str | PathLike | np.ndarray)
    recordings = [_check_recording(item) for item in ([audio] if single else cast("Sequence[Recording]", audio))]
    graph = application.graph_of("transcribe")
    ends = _find_ends(graph)
    if batch_size < 1 or not batch_seconds > 0.0:
        raise TranscriptionError(f"batch_size={batch_size} and batch_seconds={batch_seconds:g}; expected both above 0.")
    array_rate = sample_rate or ends.rate
    # headers first: a missing file is an error before hours of computation
    seconds, errors = _try_each(range(len(recordings)), lambda index: _duration(recordings[index], array_rate))
    _report_errors(errors, None if single else on_error)
    results: dict[int, Hypothesis] = {}
    for batch in _make_batches(seconds, batch_size, batch_seconds):
        signals, errors = _try_each(batch, lambda index: _load_samples(recordings[index], array_rate, ends.rate))
        _report_errors(errors, None if single else on_error)
        if signals:
            results |= dict(zip(signals, _decode(application, graph, ends, list(signals.values())), strict=True))
    return results[0] if single else [results.get(index) for index in range(len(recordings))]


@dataclass(frozen=True, slots=True)
class _Ends:
    """The names of the inputs and the output of a graph that transcribes, with its rates."""

    audio: str
    length: str | None
    hypotheses: str
    rate: int
    frame_seconds: float | None


def _find_ends(graph: Graph) -> _Ends:
    audio = [name for name, tensor in graph.inputs.items() if isinstance(tensor.type.kind, AudioSignal)]
    lengths = [name for name, tensor in graph.inputs.items() if isinstance(tensor.type.kind, Lengths)]
    hypotheses = [name for name, tensor in graph.outputs.items() if _is_hypotheses(tensor.type)]
    if len(audio) != 1 or len(hypotheses) != 1 or len(lengths) > 1 or len(graph.inputs) > 1 + len(lengths):
        raise TranscriptionError(
            f"The graph {graph.name} cannot transcribe. It goes from {_format_types(graph.inputs)}\n"
            f"  to {_format_types(graph.outputs)}.\n"
            "  Expected one input of type Batch Time:t ; AudioSignal(16000), its Lengths(t), and one output that is\n"
            "  list[object common.Hypothesis], as asr.GreedyCTCDecoder gives. A graph that begins at spectrograms\n"
            "  needs asr.AudioToMelSpectrogramPreprocessor in front."
        )
    signal = graph.inputs[audio[0]]
    rate = signal.type.kind.size(0) if signal.type.kind is not None else None
    samples_per_second = rate.value if isinstance(rate, Size) else None
    if samples_per_second is None:
        raise TranscriptionError(
            f'The input "{audio[0]}" of {graph.name} does not say its sample rate: {signal.type}.\n'
            "  Declare it with a rate: Batch Time:t ; AudioSignal(16000)"
        )
    samples = _samples_per_frame(signal, graph.outputs[hypotheses[0]])
    frame_seconds = None if samples is None else samples / samples_per_second
    return _Ends(audio[0], lengths[0] if lengths else None, hypotheses[0], samples_per_second, frame_seconds)


def _samples_per_frame(signal: NmTensor, hypotheses: NmTensor) -> float | None:
    """Return the samples per frame of the decoder's input, or None where the types do not say."""
    samples = _time_size(signal.type)
    for tensor in hypotheses.call.sources_of_inputs():
        frames = _time_size(tensor.type)
        if samples is not None and frames is not None and samples.symbols() == frames.symbols() == {samples.symbol}:
            few, many = (frames.evaluate({str(samples.symbol): count}) for count in (_MANY, 2 * _MANY))
            return _MANY / (many - few)
    return None


def _time_size(type: NeuralType) -> Size | None:
    for axis in type.axes:
        tag, size = getattr(axis, "tag", None), getattr(axis, "size", None)
        if isclass(tag) and issubclass(tag, TimeTag) and isinstance(size, Size):
            return size
    return None


def _is_hypotheses(type: NeuralType) -> bool:
    return type.refines(NeuralType("list[object Hypothesis]", kinds=[HypothesisKind]))


def _format_types(tensors: Any) -> str:
    return ", ".join(f"{name} ({tensor.type})" for name, tensor in tensors.items()) or "nothing"


def _check_recording(item: object) -> Path | NDArray[np.float32]:
    if isinstance(item, str | PathLike):
        return Path(item)
    samples = np.asarray(item)
    if samples.dtype.kind != "f" or samples.ndim not in (1, 2) or samples.size == 0:
        raise TranscriptionError(
            f"A recording is a path or an array of floats, [samples] or [samples, channels]; given was "
            f"{type(item).__name__} of {samples.dtype} with shape {samples.shape}.\n"
            "  Integers become floats within ±1 by dividing: samples / 32768."
        )
    return mix_channels(samples.astype(np.float32)) if samples.ndim == 2 else samples.astype(np.float32)


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


def _duration(recording: Path | NDArray[np.float32], rate: int) -> float:
    return read_duration(recording) if isinstance(recording, Path) else len(recording) / rate


def _make_batches(seconds: Mapping[int, float], most: int, longest: float) -> Iterator[list[int]]:
    batch: list[int] = []
    # longest first, so that too large a batch fails at once and not after an hour
    for index in sorted(seconds, key=lambda index: -seconds[index]):
        if batch and (len(batch) == most or (len(batch) + 1) * seconds[batch[0]] > longest):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _load_samples(recording: Path | NDArray[np.float32], array_rate: int, rate: int) -> NDArray[np.float32]:
    return read_audio(recording, rate) if isinstance(recording, Path) else resample(recording, array_rate, rate)


def _decode(
    application: Application, graph: Graph, ends: _Ends, signals: Sequence[NDArray[np.float32]]
) -> list[Hypothesis]:
    # without lengths the graph would take padding for sound: recordings of unlike length go alone
    if ends.length is None and len({len(signal) for signal in signals}) > 1:
        return [hypothesis for signal in signals for hypothesis in _decode(application, graph, ends, [signal])]
    padded = np.zeros((len(signals), max(map(len, signals))), np.float32)
    for row, signal in zip(padded, signals, strict=True):
        row[: len(signal)] = signal
    inputs: dict[str, Any] = {ends.audio: padded}
    if ends.length is not None:
        inputs[ends.length] = np.array([len(signal) for signal in signals], np.int64)
    hypotheses: list[Hypothesis] = application.factory.infer(graph, inputs=inputs).collect()[ends.hypotheses]
    if ends.frame_seconds is None:
        return hypotheses
    return [hypothesis.in_seconds(ends.frame_seconds) for hypothesis in hypotheses]
