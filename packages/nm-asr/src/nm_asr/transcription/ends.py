"""The ends of a graph that transcribes: where audio goes in, and hypotheses come out."""

from dataclasses import dataclass
from inspect import isclass
from typing import Any

from nm_asr.errors import TranscriptionError
from nm_core import Graph, NmTensor
from nm_torch.common.hypotheses import SPACE, HypothesisKind
from nm_torch.common.labels import LabelVocabulary
from nm_types import AudioSignal, Lengths, NeuralType, Size, TimeTag

_MANY = 10**12
"""A number of samples so large that rounding in the sizes of types does not matter."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The names of the inputs and the output of a graph that transcribes, with its rates.

    Attributes:
        rate: samples per second.
        frame_seconds: seconds of a frame of the decoder's input, or None where the types do not say.
        space: the id of the decoder's label of a space, or None where it has none.
    """

    audio: str
    length: str | None
    hypotheses: str
    rate: int
    frame_seconds: float | None
    space: int | None


def find_ends(graph: Graph) -> Ends:
    """Find the inputs and the output of a graph that transcribes.

    Raises:
        TranscriptionError: the graph does not go from audio to hypotheses, or does not say its sample rate.
    """
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
    space = _find_space(graph.outputs[hypotheses[0]])
    return Ends(audio[0], lengths[0] if lengths else None, hypotheses[0], samples_per_second, frame_seconds, space)


def _find_space(hypotheses: NmTensor) -> int | None:
    labels = getattr(hypotheses.call.module, "labels", None)
    if not isinstance(labels, LabelVocabulary) or SPACE not in labels.labels:
        return None
    return labels.labels.index(SPACE)


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
