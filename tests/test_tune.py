"""A recogniser whose learning rate, width and optimizer are searched: the file alone, real training, real errors."""

import json
from pathlib import Path

import pytest

from nm_core import check_file, load_application
from nm_core.cli.main import main

APP = """\
nm: app/1
params: {labels: abc, channels: 24}
modules:
  data:
    type: asr.AudioToTextDataLayer@1
    params: {manifest: tones.jsonl, labels: $labels, sample_rate: 16000, features: audio, batch_size: 8, shuffle: true}
  mel: {type: asr.AudioToMelSpectrogramPreprocessor@1, params: {sample_rate: 16000, n_mels: 16}}
  encoder:
    type: asr.JasperEncoder@1
    params: {feat_in: 16, blocks: [{filters: $channels, kernel: 5, stride: 2}]}
  decoder: {type: asr.JasperDecoderForCTC@1, params: {feat_in: $channels, num_classes: 3}}
  loss: {type: asr.CTCLossNM@1}
  greedy: {type: asr.GreedyCTCDecoder@1, params: {labels: $labels}}
graphs:
  train:
    calls:
      - call: data
      - {call: mel, inputs: {audio: data.spec, length: data.spec_len}}
      - {call: encoder, inputs: {audio_signal: mel.spec, length: mel.spec_len}}
      - {call: decoder, inputs: {encoder_output: encoder.encoded}}
      - call: loss
        inputs:
          log_probs: decoder.output
          targets: data.transcript
          input_length: encoder.encoded_len
          target_length: data.transcript_len
      - {call: greedy, inputs: {log_probs: decoder.output, length: encoder.encoded_len}}
    outputs: {loss: loss.loss, text: greedy.hypotheses, transcript: data.transcript}
train:
  optimize: [train.loss]
  optimizer: {name: adamw, lr: 0.01}
  max_epochs: 6
  callbacks: [{type: evaluation, params: {name: dev, every_epochs: 3}, metrics: eval}]
eval:
  metrics:
    - type: common.CharacterErrorRate
      params: {labels: $labels}
      inputs: {hypotheses: train.text, references: train.transcript}
"""


@pytest.mark.slow
def test_a_recogniser_is_searched_from_its_file(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The best of a few trials is written, checks elsewhere, and its saved weights have the score of its trial."""
    file = tmp_path / "tones.yaml"
    file.write_text(APP.replace("tones.jsonl", str(tones)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    spaces = ("train.optimizer.lr=1e-5..3e-2:log", "channels=8,32", "train.optimizer.name=adamw,novograd")
    settings = [word for space in spaces for word in ("--set", space)]

    code = main(["tune", "tones.yaml", *settings, "--trials", "4", "--placement", "cpu", "--quiet", "--json"])

    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert result["metric"] == "dev.cer"
    assert [trial["state"] for trial in result["trials"]] == ["done"] * 4
    errors = [trial["score"] for trial in result["trials"]]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]
    assert check_file(result["file"]).ok
    assert load_application(result["file"]).entry.params["channels"] == int(result["best"]["values"]["channels"])
    best = load_application(result["application"], placement="cpu")
    assert best.eval()["cer"] == pytest.approx(errors[0])
