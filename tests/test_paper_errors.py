"""The silent mistakes that the paper names, on the real models: refused while the graph is built, before anything runs.

Kuchaiev et al. 2019: "ranks match but semantics don't", "concatenating along the semantically wrong dimensions",
"dimensions mismatch". Beside them lengths that were not subsampled with their features, and lengths that are swapped.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

import nm_asr
import nm_core
from nm_asr.data.layer import AudioToTextDataLayer
from nm_core import NmTensor
from nm_core.cli.main import main
from nm_torch import common
from nm_types import NeuralTypeError

LABELS = [" ", *"abcdefghijklmnopqrstuvwxyz", "'"]


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count what is computed and what is read while a test runs: nothing."""
    ran: list[str] = []
    handle = register_module_forward_pre_hook(lambda module, values: ran.append(type(module).__name__))
    for name in ("sample", "load"):
        monkeypatch.setattr(AudioToTextDataLayer, name, lambda *given, name=name: ran.append(name))
    monkeypatch.setattr(nm_asr.GreedyCTCDecoder, "forward", lambda *given, **named: ran.append("GreedyCTCDecoder"))
    yield
    handle.remove()
    assert ran == []


class Models:
    """The modules of both recognisers, with their full sizes, and what flows between them where nothing is wrong."""

    def __init__(self, manifest: Path) -> None:
        data = nm_asr.AudioToTextDataLayer(manifest=str(manifest), labels=LABELS, name="data")
        self.encoder = nm_asr.JasperEncoder(feat_in=64, blocks="quartznet_5x5", name="encoder")
        self.spec, self.spec_len, self.transcript, self.transcript_len = data()
        self.encoded, self.encoded_len = self.encoder(audio_signal=self.spec, length=self.spec_len)
        self.ctc = nm_asr.JasperDecoderForCTC(feat_in=1024, num_classes=len(LABELS), name="ctc")
        self.ctc_loss = nm_asr.CTCLossNM(name="ctc_loss")
        self.greedy = nm_asr.GreedyCTCDecoder(labels=LABELS, name="greedy")
        self.connector = nm_asr.JasperRNNConnector(in_channels=1024, out_channels=256, name="connector")
        self.turned = self.connector(tensor=self.encoded)
        self.attention = common.DecoderRNN(num_labels=len(LABELS), encoder_size=256, name="attention")
        self.seq_loss = common.SequenceLoss(name="seq_loss")

    def ctc_log_probs(self) -> NmTensor:
        """Log-probabilities of the labels and the blank, for each frame."""
        return self.ctc(encoder_output=self.encoded)

    def ctc_training(self, **wrong: NmTensor) -> NmTensor:
        """The loss of the first listing, with other values for its ports where they are given."""
        right = {"targets": self.transcript, "input_length": self.encoded_len, "target_length": self.transcript_len}
        return self.ctc_loss(**{"log_probs": self.ctc_log_probs(), **right, **wrong})

    def attention_log_probs(self, **wrong: NmTensor) -> NmTensor:
        """Log-probabilities of the labels and their ends, for each label, with other values where they are given."""
        right = {"targets": self.transcript, "encoder_outputs": self.turned, "encoder_lengths": self.encoded_len}
        return self.attention(**{**right, **wrong}).log_probs


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Both recognisers over a manifest whose recording does not exist."""
    manifest = tmp_path_factory.mktemp("paper") / "manifest.jsonl"
    line = {"audio_filepath": "nowhere.wav", "duration": 1.5, "text": "hello"}
    manifest.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return Models(manifest)


Mistake = tuple[Callable[[Models], Any], set[tuple[str, str]]]

RANKS_MATCH: dict[str, Mistake] = {
    "a spectrogram for features of the same size": (
        lambda m: nm_asr.JasperDecoderForCTC(feat_in=64, num_classes=28, name="head")(encoder_output=m.spec),
        {("NM101", "data.spec -> head.encoder_output")},
    ),
    "time before channels": (
        lambda m: nm_asr.JasperDecoderForCTC(feat_in=256, num_classes=28, name="head")(encoder_output=m.turned),
        {("NM104", "connector.output -> head.encoder_output")},
    ),
    "channels before time": (
        lambda m: m.attention_log_probs(encoder_outputs=m.encoded),
        {("NM104", "encoder.encoded -> attention.encoder_outputs")},
    ),
    "frames for labels": (
        lambda m: m.seq_loss(log_probs=m.ctc_log_probs(), targets=m.transcript),
        {("NM101", "ctc.output -> seq_loss.log_probs")},
    ),
    "labels for frames": (
        lambda m: m.ctc_training(log_probs=m.attention_log_probs()),
        {("NM101", "attention.log_probs -> ctc_loss.log_probs")},
    ),
    "time for channels, in a linear map": (
        lambda m: common.Linear(input_size=1024, output_size=10, name="linear")(m.encoded),
        {("NM104", "encoder.encoded -> linear.x")},
    ),
    "time for channels, in a normalisation": (
        lambda m: common.LayerNorm(size=1024, name="norm")(m.encoded),
        {("NM104", "encoder.encoded -> norm.x")},
    ),
    "scores for log-probabilities": (
        lambda m: m.ctc_training(
            log_probs=common.Linear(input_size=256, output_size=29, tag="Class", name="scores")(m.turned)
        ),
        {("NM106", "scores.y -> ctc_loss.log_probs")},
    ),
}


def _other(m: Models, **changes: Any) -> NmTensor:
    """Features of a second encoder over the same spectrograms."""
    block = {"filters": 1024, "kernel": 3, "stride": 2, **changes}
    return nm_asr.JasperEncoder(feat_in=64, blocks=[block], name="other")(
        audio_signal=m.spec, length=m.spec_len
    ).encoded


def _joined(axis: str, *tensors: NmTensor) -> NmTensor:
    return common.Concat(axis=axis, name="joined")(xs=list(tensors))


WRONG_DIMENSION: dict[str, Mistake] = {
    "channels that stand elsewhere": (
        lambda m: _joined("Channel", m.encoded, m.turned),
        {("NM112", "connector.output -> joined.xs[1]")},
    ),
    "labels, along time": (
        lambda m: _joined("Time", m.attention_log_probs(), m.attention_log_probs()),
        {("NM112", "attention.log_probs -> joined.xs[0]"), ("NM112", "attention_2.log_probs -> joined.xs[1]")},
    ),
    "channels, over another number of frames": (
        lambda m: _joined("Channel", m.encoded, _other(m, stride=3)),
        {("NM108", "other.encoded -> joined.xs[1]")},
    ),
    "frames, of another number of channels": (
        lambda m: _joined("Time", m.encoded, _other(m, filters=512)),
        {("NM105", "other.encoded -> joined.xs[1]")},
    ),
    "predictions of frames and of labels": (
        lambda m: _joined("Class", m.ctc_log_probs(), m.attention_log_probs()),
        {("NM112", "attention.log_probs -> joined.xs[1]")},
    ),
    "a sum of features in another order": (
        lambda m: common.Add(name="sum")(xs=[m.turned, nm_core.transpose(m.turned, "B Encoded T")]),
        {("NM112", "transpose.y -> sum.xs[1]")},
    ),
}

DIMENSIONS: dict[str, Mistake] = {
    "a head for a narrower encoder": (
        lambda m: nm_asr.JasperDecoderForCTC(feat_in=512, num_classes=28, name="head")(encoder_output=m.encoded),
        {("NM105", "encoder.encoded -> head.encoder_output")},
    ),
    "an encoder for more bands": (
        lambda m: nm_asr.JasperEncoder(feat_in=80, name="other")(audio_signal=m.spec, length=m.spec_len),
        {("NM105", "data.spec -> other.audio_signal")},
    ),
    "a head for other labels": (
        lambda m: m.ctc_training(
            log_probs=nm_asr.JasperDecoderForCTC(feat_in=1024, num_classes=27, name="head")(encoder_output=m.encoded)
        ),
        {("NM113", "data.transcript -> ctc_loss.targets")},
    ),
    "no connector between encoder and decoder": (
        lambda m: m.attention_log_probs(encoder_outputs=nm_core.transpose(m.encoded, "B T Encoded")),
        {("NM105", "transpose.y -> attention.encoder_outputs")},
    ),
    "a decoder for other labels": (
        lambda m: common.DecoderRNN(num_labels=27, encoder_size=256, name="other")(
            targets=m.transcript, encoder_outputs=m.turned
        ),
        {("NM113", "data.transcript -> other.targets")},
    ),
    "predictions without their ends": (
        lambda m: m.seq_loss(
            log_probs=common.DecoderRNN(num_labels=26, encoder_size=256, name="other")(
                targets=nm_core.inputs(shorter="B Token:u ; Labels(26)"), encoder_outputs=m.turned
            ).log_probs,
            targets=m.transcript,
        ),
        {("NM113", "data.transcript -> seq_loss.targets")},
    ),
}

LENGTHS: dict[str, Mistake] = {
    "old lengths, in the loss": (
        lambda m: m.ctc_training(input_length=m.spec_len),
        {("NM108", "data.spec_len -> ctc_loss.input_length")},
    ),
    "old lengths, in the decoding": (
        lambda m: m.greedy(log_probs=m.ctc_log_probs(), length=m.spec_len),
        {("NM108", "data.spec_len -> greedy.length")},
    ),
    "old lengths, in the attention": (
        lambda m: m.attention_log_probs(encoder_lengths=m.spec_len),
        {("NM108", "data.spec_len -> attention.encoder_lengths")},
    ),
    "old lengths, for a second encoder": (
        lambda m: common.ConvSubsampling(input_size=1024, output_size=8, name="second")(x=m.encoded, length=m.spec_len),
        {("NM108", "data.spec_len -> second.length")},
    ),
    "swapped lengths, in the loss": (
        lambda m: m.ctc_training(input_length=m.transcript_len, target_length=m.encoded_len),
        {
            ("NM107", "data.transcript_len -> ctc_loss.input_length"),
            ("NM107", "encoder.encoded_len -> ctc_loss.target_length"),
        },
    ),
    "lengths of text, for the encoder": (
        lambda m: m.encoder(audio_signal=m.spec, length=m.transcript_len),
        {("NM107", "data.transcript_len -> encoder.length")},
    ),
    "lengths of text, in the attention": (
        lambda m: m.attention_log_probs(encoder_lengths=m.transcript_len),
        {("NM107", "data.transcript_len -> attention.encoder_lengths")},
    ),
}

MISTAKES = {**RANKS_MATCH, **WRONG_DIMENSION, **DIMENSIONS, **LENGTHS}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_an_error_where_the_connection_is_made(models: Models, mistake: str) -> None:
    """The code, and the two ports that were connected; nothing has been computed or read."""
    connect, expected = MISTAKES[mistake]
    with pytest.raises(NeuralTypeError) as caught:
        connect(models)
    problems = caught.value.problems
    assert {(one.code, f"{one.producer} -> {one.consumer}.{one.port}") for one in problems} == expected
    assert all(code in str(caught.value) and edge in str(caught.value) for code, edge in expected)
    assert all(one.location.partition(":")[0].endswith("test_paper_errors.py") for one in problems)


def test_without_a_mistake_both_recognisers_are_accepted(models: Models) -> None:
    """The listings of the paper, and a concatenation and a sum that mean what they say."""
    models.greedy(log_probs=models.ctc_log_probs(), length=models.encoded_len)
    log_probs = models.attention_log_probs()
    losses = [models.ctc_training(), models.seq_loss(log_probs=log_probs, targets=models.transcript)]
    graph = nm_core.Graph(outputs={f"loss{number}": loss for number, loss in enumerate(losses)})

    assert not [call.name for call in graph.calls if call.typing.deferred or call.typing.unchecked]
    joined = _joined("Channel", models.encoded, _other(models, filters=512))
    assert str(joined.type) == "Batch Encoded:1536 Time:(data.t+1)//2 ; Features"


FILES: dict[str, dict[str, Any]] = {
    "ctc": {
        "modules": {
            "ctc": {"type": "asr.JasperDecoderForCTC", "params": {"feat_in": 1024, "num_classes": 28}},
            "loss": {"type": "asr.CTCLossNM"},
        },
        "calls": {
            "ctc": {"encoder_output": "encoder.encoded"},
            "loss": {
                "log_probs": "ctc.output",
                "targets": "data.transcript",
                "input_length": "encoder.encoded_len",
                "target_length": "data.transcript_len",
            },
        },
    },
    "attention": {
        "modules": {
            "connector": {"type": "asr.JasperRNNConnector", "params": {"in_channels": 1024, "out_channels": 256}},
            "attention": {"type": "common.DecoderRNN", "params": {"num_labels": 28, "encoder_size": 256}},
            "loss": {"type": "common.SequenceLoss"},
        },
        "calls": {
            "connector": {"tensor": "encoder.encoded"},
            "attention": {
                "targets": "data.transcript",
                "encoder_outputs": "connector.output",
                "encoder_lengths": "encoder.encoded_len",
            },
            "loss": {"log_probs": "attention.log_probs", "targets": "data.transcript"},
        },
    },
}
EAR: dict[str, Any] = {
    "modules": {
        "data": {"type": "asr.AudioToTextDataLayer", "params": {"manifest": "nowhere.jsonl", "labels": LABELS}},
        "encoder": {"type": "asr.JasperEncoder", "params": {"feat_in": 64, "blocks": "quartznet_5x5"}},
    },
    "calls": {"data": {}, "encoder": {"audio_signal": "data.spec", "length": "data.spec_len"}},
}
IN_FILES: dict[str, tuple[str, dict[str, dict[str, Any]], dict[str, dict[str, Any]], str, str]] = {
    # a model; parameters of modules that are changed; connections that are changed; the code; the two ports
    "ranks match": (
        "ctc", {"ctc": {"feat_in": 64}}, {"ctc": {"encoder_output": "data.spec"}},
        "NM101", "data.spec -> ctc.encoder_output",
    ),
    "ranks match, without a connector": (
        "attention", {}, {"attention": {"encoder_outputs": "encoder.encoded"}},
        "NM104", "encoder.encoded -> attention.encoder_outputs",
    ),
    "dimensions mismatch": (
        "ctc", {"ctc": {"feat_in": 512}}, {}, "NM105", "encoder.encoded -> ctc.encoder_output",
    ),
    "dimensions mismatch, behind a connector": (
        "attention", {"connector": {"out_channels": 128}}, {}, "NM105", "connector.output -> attention.encoder_outputs",
    ),
    "labels mismatch": ("ctc", {"ctc": {"num_classes": 27}}, {}, "NM113", "data.transcript -> loss.targets"),
    "lengths were not subsampled": (
        "ctc", {}, {"loss": {"input_length": "data.spec_len"}}, "NM108", "data.spec_len -> loss.input_length",
    ),
    "lengths were not subsampled, for the attention": (
        "attention", {}, {"attention": {"encoder_lengths": "data.spec_len"}},
        "NM108", "data.spec_len -> attention.encoder_lengths",
    ),
    "lengths are swapped": (
        "ctc", {}, {"loss": {"input_length": "data.transcript_len", "target_length": "encoder.encoded_len"}},
        "NM107", "encoder.encoded_len -> loss.target_length",
    ),
    "lengths are swapped, for the attention": (
        "attention", {}, {"attention": {"encoder_lengths": "data.transcript_len"}},
        "NM107", "data.transcript_len -> attention.encoder_lengths",
    ),
    "concatenating along another axis": (
        "attention", {}, {"joined": {"xs": ["encoder.encoded", "connector.output"]}},
        "NM112", "connector.output -> joined.xs[1]",
    ),
}  # fmt: skip


def _check(
    folder: Path, capsys: pytest.CaptureFixture[str], model: str, params: dict[str, Any], inputs: dict[str, Any]
) -> tuple[int, str]:
    """Write an application with changed parameters and connections, and return what `nmod check` says of it."""
    modules = {**EAR["modules"], **FILES[model]["modules"], "joined": {"type": "common.Concat"}}
    modules = {
        name: {**entry, "params": {**entry.get("params", {}), **params.get(name, {})}}
        for name, entry in modules.items()
    }
    connected = {**EAR["calls"], **FILES[model]["calls"]}
    if "joined" in inputs:
        connected["joined"] = {}
    calls = [{"call": name, "inputs": {**given, **inputs.get(name, {})}} for name, given in connected.items()]
    graphs = {"train": {"calls": calls, "outputs": {"loss": "loss.loss"}}}
    file = folder / "app.yaml"
    file.write_text(yaml.safe_dump({"nm": "app/1", "modules": modules, "graphs": graphs}, sort_keys=False))
    code = main(["check", str(file)])
    return int(code), "".join(capsys.readouterr())


@pytest.mark.parametrize("mistake", IN_FILES)
def test_a_file_is_refused_before_anything_is_made(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`nmod check` gives the same code and ports for the models as files: no weights are made, and no data is there."""
    model, params, inputs, code, edge = IN_FILES[mistake]
    monkeypatch.setattr(nn.Module, "__init__", lambda self: pytest.fail(f"{type(self).__name__} was made"))

    status, said = _check(tmp_path, capsys, model, params, inputs)

    assert status == 1
    assert code in said
    assert edge in " ".join(said.split())
    assert "app.yaml:" in said


@pytest.mark.parametrize("model", FILES)
def test_a_file_without_a_mistake_is_accepted(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both models pass, so that the mistakes above are the only ones."""
    status, said = _check(tmp_path, capsys, model, {}, {})
    assert status == 0, said
