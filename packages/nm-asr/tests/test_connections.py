"""Wrong connections between the modules of the collection: refused while the graph is built."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import nm_asr
import nm_torch.common
from nm_asr import (
    AudioToMelSpectrogramPreprocessor,
    AudioToTextDataLayer,
    CTCLossNM,
    GreedyCTCDecoder,
    JasperDecoderForCTC,
    JasperEncoder,
    JasperRNNConnector,
    SpectrogramAugmentation,
    WordErrorRate,
)
from nm_core import NeuralModule, NmTensor, inputs, ports
from nm_torch.common import Activation, ArgMax, Dropout, Linear
from nm_torch.common.errors import MetricError
from nm_types import NeuralTypeError

Wrong = Mapping[tuple[str, str], str]


class Transcripts(NeuralModule):
    """A source of transcripts in some labels."""

    segment = "source"
    output_ports = ports(text="B Token:u ; Labels(3)")

    def __init__(self, *, labels: str) -> None: ...


class Recogniser:
    """All modules of the collection in one graph, with other outputs where `wrong` names them by module and port."""

    def __init__(self, manifest: Path, wrong: Wrong, params: Mapping[str, Mapping[str, Any]]) -> None:
        self.wrong = wrong
        self.params = params
        self.made: dict[str, NmTensor] = {}
        labels = ["a", "b"]
        self.call(AudioToTextDataLayer, "data", {"manifest": str(manifest), "labels": labels, "features": "audio"})
        self.call(AudioToMelSpectrogramPreprocessor, "mel", {"n_mels": 8}, audio="data.spec", length="data.spec_len")
        self.call(SpectrogramAugmentation, "augmentation", {}, spec="mel.spec", length="mel.spec_len")
        self.call(
            JasperEncoder,
            "encoder",
            {"feat_in": 8, "blocks": ({"filters": 8, "kernel": 3, "stride": 2},)},
            audio_signal="augmentation.augmented",
            length="mel.spec_len",
        )
        self.call(JasperDecoderForCTC, "decoder", {"feat_in": 8, "num_classes": 2}, encoder_output="encoder.encoded")
        self.call(JasperRNNConnector, "connector", {"in_channels": 8}, tensor="encoder.encoded")
        self.call(
            Linear,
            "scores",
            {"input_size": 8, "output_size": 3, "tag": "Class", "kind": "Logits"},
            x="connector.output",
        )
        self.call(ArgMax, "best", {}, x="decoder.output")
        self.call(
            CTCLossNM,
            "loss",
            {},
            log_probs="decoder.output",
            targets="data.transcript",
            input_length="encoder.encoded_len",
            target_length="data.transcript_len",
        )
        self.call(
            GreedyCTCDecoder, "greedy", {"labels": labels}, log_probs="decoder.output", length="encoder.encoded_len"
        )
        self.score = WordErrorRate(**{"labels": labels, **params.get("score", {})}).bind(
            **self.select_inputs("score", {"hypotheses": "greedy.hypotheses", "references": "data.transcript"})
        )

    def select_inputs(self, name: str, right: Mapping[str, str]) -> dict[str, NmTensor]:
        """The tensors that the ports of a module are connected to."""
        return {port: self.made[self.wrong.get((name, port), source)] for port, source in right.items()}

    def call(self, cls: Any, name: str, params: Mapping[str, Any], **right: str) -> None:
        """Make a module with parameters as the test asks, call it, and keep its outputs by their names."""
        outputs = cls(name=name, **{**params, **self.params.get(name, {})})(**self.select_inputs(name, right))
        self.made |= {tensor.name: tensor for tensor in (outputs if isinstance(outputs, tuple) else (outputs,))}


@pytest.fixture
def manifest(corpus: Callable[..., Path]) -> Path:
    """Two recordings."""
    return corpus(["ab", "b"])


WRONG: dict[str, tuple[Wrong, dict[str, Mapping[str, Any]], str]] = {
    "a spectrogram for a waveform": ({("augmentation", "spec"): "data.spec"}, {}, "NM102"),
    "audio at another rate": ({}, {"data": {"sample_rate": 8000}}, "NM113"),
    "labels for lengths of audio": ({("mel", "length"): "data.transcript_len"}, {}, "NM107"),
    "samples for frames, in the augmentation": ({("augmentation", "length"): "data.spec_len"}, {}, "NM108"),
    "samples for frames, in the encoder": ({("encoder", "length"): "data.spec_len"}, {}, "NM108"),
    "features of an encoder for a spectrogram": ({("connector", "tensor"): "augmentation.augmented"}, {}, "NM101"),
    "another number of bands": ({}, {"mel": {"n_mels": 9}}, "NM105"),
    "a spectrogram for features": ({("decoder", "encoder_output"): "augmentation.augmented"}, {}, "NM101"),
    "features in the order of a recurrent decoder": ({("loss", "log_probs"): "connector.output"}, {}, "NM101"),
    "another number of channels": ({}, {"decoder": {"feat_in": 9}}, "NM105"),
    "channels of another connector": ({}, {"connector": {"in_channels": 9}}, "NM105"),
    "logits for log-probabilities": ({("loss", "log_probs"): "scores.y"}, {}, "NM106"),
    "logits for a decoder": ({("greedy", "log_probs"): "scores.y"}, {}, "NM106"),
    "lengths that were not subsampled": ({("loss", "input_length"): "mel.spec_len"}, {}, "NM108"),
    "lengths of text for those of frames": ({("loss", "input_length"): "data.transcript_len"}, {}, "NM107"),
    "lengths of frames for those of text": ({("loss", "target_length"): "encoder.encoded_len"}, {}, "NM107"),
    "lengths for labels": ({("loss", "targets"): "data.transcript_len"}, {}, "NM102"),
    "the best path for labels": ({("loss", "targets"): "best.labels"}, {}, "NM101"),
    "a head for other labels": ({}, {"decoder": {"num_classes": 3}}, "NM113"),
    "a decoder for other labels": ({}, {"greedy": {"labels": ["a", "b", "c"]}}, "NM105"),
    "a decoder with old lengths": ({("greedy", "length"): "mel.spec_len"}, {}, "NM108"),
    "a score of other labels": ({}, {"score": {"labels": ["a", "b", "c"]}}, "NM113"),
    "a score of log-probabilities": ({("score", "hypotheses"): "decoder.output"}, {}, "NM110"),
    "a score against the best path": ({("score", "references"): "best.labels"}, {}, "NM101"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_connections_are_errors_while_the_graph_is_built(manifest: Path, mistake: str) -> None:
    """Another rate, other lengths, labels, meanings, sizes and kinds: each has its code."""
    wrong, params, code = WRONG[mistake]
    with pytest.raises(NeuralTypeError) as caught:
        Recogniser(manifest, wrong, params)
    assert code in {problem.code for problem in caught.value.problems}


def test_the_right_connections_leave_nothing_to_check(manifest: Path) -> None:
    """From waveform to loss and text, no edge waits for the run or stays unseen."""
    recogniser = Recogniser(manifest, {}, {})
    assert recogniser.score.call is not None
    calls = [recogniser.score.call, *(tensor.call for tensor in recogniser.made.values())]
    assert not [call.name for call in calls if call.typing.deferred or call.typing.unchecked]


def test_rectified_log_probabilities_are_no_log_probabilities() -> None:
    """Hidden activations have a kind that a CTC loss refuses, while the graph is built; so do spectrograms and sums."""
    log_probs = inputs(x="B T:t Class:29 ; LogProbs")
    for module in (Activation(), Dropout(probability=0.1)):
        with pytest.raises(NeuralTypeError, match=r"NM106(.|\n)*The values are Features, the port needs LogProbs"):
            CTCLossNM()(
                log_probs=module(log_probs),
                **inputs(
                    targets="B Token:u ; Labels(28)", input_length="B ; Lengths", target_length="B ; Lengths(u)"
                )._asdict(),
            )


def test_every_float_that_an_official_module_gives_has_a_kind() -> None:
    """An output without a kind would go into a port of any."""
    for collection in (nm_asr, nm_torch.common):
        for name in collection.__all__:
            ports = getattr(getattr(collection, name), "output_ports", {})
            assert not [port for port in dict(ports).values() if port.type.form == "tensor" and not port.type.kind]


@pytest.mark.parametrize(
    ("decoder_labels", "metric_labels", "port"),
    [("xyz", "abc", "hypotheses"), ("cba", "abc", "hypotheses"), ("xyz", "xyz", "references"), ("abcd", "abc", "")],
)
def test_an_error_rate_compares_labels(decoder_labels: str, metric_labels: str, port: str) -> None:
    """Texts of other labels than those of the transcripts are refused when the metric is bound, whatever the sizes."""
    log_probs = inputs(log_probs=f"B T:t Class:{len(decoder_labels) + 1} ; LogProbs")
    hypotheses = GreedyCTCDecoder(labels=decoder_labels, name="greedy")(log_probs)
    references = Transcripts(labels="abc")()
    if not port:
        WordErrorRate(labels=metric_labels, hypotheses=hypotheses, references=references)
        return
    with pytest.raises(MetricError, match=f"{port} are written by (greedy|transcripts) with the labels"):
        WordErrorRate(labels=metric_labels, hypotheses=hypotheses, references=references)
