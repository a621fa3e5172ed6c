"""Applications that were saved, with real modules: trained further, used at once, tuned to others."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from nm_core import Application, NmError, load_application
from nm_core.application import check_file
from nm_core.cli.main import main

APP = """\
nm: app/1
seed: {seed}
modules:
  data:
    type: asr.AudioToTextDataLayer@1
    params: {{manifest: "{manifest}", labels: [{labels}], sample_rate: 16000, features: audio, batch_size: 8}}
  mel: {{type: asr.AudioToMelSpectrogramPreprocessor@1, params: {{sample_rate: 16000, n_mels: 16}}}}
  encoder:
    type: asr.JasperEncoder@1
    params: {{feat_in: 16, blocks: [{{filters: 16, kernel: 5, stride: 2}}, {{filters: 16, kernel: 3}}]}}
  decoder: {{type: asr.JasperDecoderForCTC@1, params: {{feat_in: 16, num_classes: {classes}}}}}
  loss: {{type: asr.CTCLossNM@1}}
  greedy: {{type: asr.GreedyCTCDecoder@1, params: {{labels: [{labels}]}}}}
graphs:
  train:
    calls:
      - call: data
      - {{call: mel, inputs: {{audio: data.spec, length: data.spec_len}}}}
      - {{call: encoder, inputs: {{audio_signal: mel.spec, length: mel.spec_len}}}}
      - {{call: decoder, inputs: {{encoder_output: encoder.encoded}}}}
      - call: loss
        inputs:
          log_probs: decoder.output
          targets: data.transcript
          input_length: encoder.encoded_len
          target_length: data.transcript_len
      - {{call: greedy, inputs: {{log_probs: decoder.output, length: encoder.encoded_len}}}}
    outputs: {{loss: loss.loss, text: greedy.hypotheses, transcript: data.transcript}}
  infer:
    inputs: {{audio: "B T:t ; AudioSignal(16000)", length: "B ; Lengths(t)"}}
    calls:
      - {{call: mel, inputs: {{audio: audio, length: length}}}}
      - {{call: encoder, inputs: {{audio_signal: mel.spec, length: mel.spec_len}}}}
      - {{call: decoder, inputs: {{encoder_output: encoder.encoded}}}}
      - {{call: greedy, inputs: {{log_probs: decoder.output, length: encoder.encoded_len}}}}
    outputs: {{text: greedy.hypotheses}}
{more}
train:
  optimize: [train.loss]
  optimizer: {{name: adamw, lr: 0.01}}
  max_steps: 4
  callbacks: [{{type: checkpoint, params: {{every_steps: 2}}}}]
eval:
  metrics:
    - type: common.WordErrorRate
      params: {{labels: [{labels}]}}
      inputs: {{hypotheses: train.text, references: train.transcript}}
"""


def write(path: Path, tones: Path, labels: str = "a, b, c", more: str = "", seed: int = 0) -> Path:
    """Write the application for some labels."""
    classes = len(labels.split(","))
    path.write_text(APP.format(manifest=tones, labels=labels, classes=classes, more=more, seed=seed))
    return path


@pytest.fixture(scope="module")
def first(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained and saved application; a checkpoint of its run is beside it."""
    folder = tmp_path_factory.mktemp("first")
    path = write(folder / "app.yaml", tones)
    assert main(["train", str(path), "--quiet", "--placement", "cpu", "--work-dir", str(folder / "run")]) == 0
    return folder / "run" / "application"


def weights_of(app: Application, module: str) -> dict[str, torch.Tensor]:
    """Return a copy of a module's weights and buffers."""
    return {name: value.clone() for name, value in app.modules[module].state_dict().items()}  # type: ignore[attr-defined]


def test_training_goes_on_from_a_saved_application(first: Path, tmp_path: Path, capsys: Any) -> None:
    """--resume finds the run of a saved application, from the folder or from a copy of it, and ends as one training."""
    capsys.readouterr()
    saved = tmp_path / "further.zip"
    arguments = ["train", str(first), "--quiet", "--placement", "cpu", "--resume", "--max-steps", "6", "--json"]

    assert main([*arguments, "--save", str(saved)]) == 0

    ended = json.loads(capsys.readouterr().out)
    whole = load_application(first.parent.parent / "app.yaml", placement="cpu", work_dir=tmp_path / "whole")
    whole.train(max_steps=6)
    assert ended["step"] == 6
    assert ended["application"] == str(saved)
    for name, value in weights_of(load_application(saved, placement="cpu"), "decoder").items():
        torch.testing.assert_close(value, weights_of(whole, "decoder")[name], rtol=0, atol=0)


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_a_saved_application_is_used_at_once(first: Path, tones: Path, tmp_path: Path, capsys: Any, form: str) -> None:
    """infer, eval and check take the folder and the archive, and say the same as Python does."""
    place = first if form == "folder" else load_application(first, placement="cpu").save(tmp_path / "app.zip")
    recording = str(tones.parent / "00.wav")
    app = load_application(place, placement="cpu")
    capsys.readouterr()

    assert main(["check", str(place)]) == 0
    assert main(["eval", str(place), "--json", "--placement", "cpu"]) == 0
    scores = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert main(["infer", str(place), recording, "--placement", "cpu"]) == 0
    (line,) = capsys.readouterr().out.splitlines()

    assert scores == app.eval()
    (text,) = app.transcribe([recording])
    assert line.split("\t")[1:] in ([text.text], [])
    audio = torch.zeros(1, 8000)
    assert app.infer(audio=audio, length=torch.tensor([8000])).collect().keys() == {"text"}


def test_fine_tuning_trains_what_it_should(first: Path, tones: Path, tmp_path: Path) -> None:
    """A new vocabulary over a frozen encoder: it stays bitwise, statistics too, and only the decoder has a state."""
    path = write(tmp_path / "a.yaml", tones, "a, b, c, d", f"init_from: {{encoder: {first}}}\nfreeze: [encoder.**]", 5)
    app = load_application(path, placement="cpu", work_dir=tmp_path / "run")

    (report,) = app.initial_weights()
    before = {module: weights_of(app, module) for module in ("encoder", "decoder")}
    result = app.train()

    saved = load_file(first / "weights" / "encoder.safetensors")
    assert report.complete
    assert set(report.loaded) == set(saved)
    for name, value in weights_of(app, "encoder").items():
        assert torch.equal(value, saved[name])
    for name, value in weights_of(app, "decoder").items():
        assert not torch.equal(value, before["decoder"][name])
    state = json.loads((Path(str(result.checkpoint)) / "state.json").read_text())
    assert {name.partition(".")[0] for name in state["optimizer"]["shapes"]} == {"decoder"}


def test_weights_are_loaded_in_part_where_the_file_says_so(first: Path, tones: Path, tmp_path: Path) -> None:
    """A deeper encoder takes what fits; what is missing keeps the weights of its seed, and the report names it."""
    path = write(tmp_path / "app.yaml", tones, more=f"init_from: {{encoder: {{from: {first}, partial: true}}}}")
    path.write_text(path.read_text().replace("kernel: 3}]", "kernel: 3}, {filters: 16, kernel: 3}]"))
    app = load_application(path, placement="cpu")
    fresh = load_application(path, placement="cpu", changes={"init_from": "{}"})

    (report,) = app.initial_weights()

    saved = load_file(first / "weights" / "encoder.safetensors")
    made, begun = weights_of(fresh, "encoder"), weights_of(app, "encoder")
    assert report.missing
    assert {*report.loaded, *report.missing} == set(begun)
    assert all(torch.equal(begun[name], saved[name]) for name in report.loaded)
    assert all(torch.equal(begun[name], made[name]) for name in report.missing)
    assert (report.unexpected, report.mismatched) == ((), {})
    assert f"{len(report.loaded)} of {len(begun)} weights loaded from" in str(report)
    assert f"\n  {report.missing[0]} is not in the file" in str(report)
    assert report.to_dict()["missing"] == list(report.missing)


def test_what_does_not_fit_is_an_error_unless_said(first: Path, tones: Path, tmp_path: Path) -> None:
    """Without `partial` a decoder of another vocabulary names both shapes and the way on; so does nothing that fits."""
    path = write(tmp_path / "tuned.yaml", tones, "a, b, c, d", f"init_from: {{decoder: {first}}}")
    other = write(
        tmp_path / "other.yaml", tones, more=f"init_from: {{decoder: {{from: {first}/encoder, partial: true}}}}"
    )

    with pytest.raises(NmError, match=r"shape \(4,\) in the file and \(5,\)(.|\n)*partial: true"):
        load_application(path, placement="cpu").initial_weights()
    with pytest.raises(NmError, match=r"nothing at .*encoder fits decoder"):
        load_application(other, placement="cpu").initial_weights()
    (note,) = check_file(other).notes
    assert "decoder: " in note
    assert "is asr.JasperEncoder, and this is asr.JasperDecoderForCTC; what does not fit stays as it is made" in note


def test_a_file_of_weights_is_begun_with(first: Path, tones: Path, tmp_path: Path, capsys: Any) -> None:
    """`init_from` takes a `.safetensors` file, and `nmod train` says for each module what was loaded."""
    weights = first / "weights" / "encoder.safetensors"
    path = write(tmp_path / "app.yaml", tones, more=f"init_from: {{encoder: {weights}}}")
    app = load_application(path, placement="cpu")

    (report,) = app.initial_weights()
    run = ["--work-dir", str(tmp_path / "run")]
    assert main(["train", str(path), "--placement", "cpu", "--max-steps", "1", *run]) == 0

    saved = load_file(weights)
    assert report.complete
    assert all(torch.equal(value, saved[name]) for name, value in weights_of(app, "encoder").items())
    assert f"init_from: {report}" in capsys.readouterr().err


def test_a_source_that_is_not_there_yet_is_noted(tones: Path, tmp_path: Path) -> None:
    """The check has no problem with it, since an earlier training may be going to write it."""
    path = write(tmp_path / "app.yaml", tones, more="init_from: {encoder: runs/earlier/application}")

    report = check_file(path)

    assert report.ok
    assert "runs/earlier/application" in str(report.notes)
