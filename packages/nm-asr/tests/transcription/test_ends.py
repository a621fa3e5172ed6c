"""The ends of a graph that transcribes are found by their types."""

import pytest
from nm_asr_samples import BLOCKS

from nm_asr import AudioToMelSpectrogramPreprocessor, GreedyCTCDecoder, JasperDecoderForCTC, JasperEncoder
from nm_asr.errors import TranscriptionError
from nm_asr.transcription.ends import find_ends
from nm_core import Graph, inputs


def graph(labels: str, audio: str = "B T:t ; AudioSignal(8000)") -> Graph:
    """Return a recogniser of these labels."""
    free = inputs(sound=audio, count="B ; Lengths(t)")
    spec, spec_len = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=20)(audio=free.sound, length=free.count)
    encoded, encoded_len = JasperEncoder(feat_in=20, blocks=BLOCKS)(audio_signal=spec, length=spec_len)
    log_probs = JasperDecoderForCTC(feat_in=16, num_classes=len(labels))(encoder_output=encoded)
    return Graph({"heard": GreedyCTCDecoder(labels=labels)(log_probs=log_probs, length=encoded_len)}, name="infer")


@pytest.mark.parametrize(("labels", "space"), [("ab ", 2), (" abc", 0), ("abc", None)])
def test_ends_are_found_by_type(labels: str, space: int | None) -> None:
    """Names, the rate, the duration of a frame (10 ms, halved by the encoder) and the label of a space."""
    ends = find_ends(graph(labels))

    assert (ends.audio, ends.length, ends.hypotheses) == ("sound", "count", "heard")
    assert (ends.rate, ends.frame_seconds, ends.space) == (8000, 0.02, space)


def test_a_graph_without_audio_has_no_ends() -> None:
    """The message says from what to what it goes."""
    free = inputs(x="B Token:t ; Labels(4)")

    with pytest.raises(TranscriptionError, match=r"cannot transcribe. It goes from x"):
        find_ends(Graph({"x": free}, name="infer"))
