"""Wrong inputs on the command line: one screen that names the thing and the fix, no traceback, a known exit code."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nm_core.cli.main import main

APPLICATION = """\
nm: app/1
params: {labels: [" ", a, b, c]}
modules:
  train_data: {type: asr.AudioToTextDataLayer, params: {manifest: tones.jsonl, labels: $labels, batch_size: 8}}
  encoder:
    type: asr.JasperEncoder
    params: {feat_in: 64, blocks: [{filters: 16, kernel: 11, stride: 2, separable: true}]}
  decoder: {type: asr.JasperDecoderForCTC, params: {feat_in: 16, num_classes: 4}}
  loss: {type: asr.CTCLossNM}
graphs:
  train:
    calls:
      - call: train_data
      - {call: encoder, inputs: {audio_signal: train_data.spec, length: train_data.spec_len}}
      - {call: decoder, inputs: {encoder_output: encoder.encoded}}
      - call: loss
        inputs:
          log_probs: decoder.output
          targets: train_data.transcript
          input_length: encoder.encoded_len
          target_length: train_data.transcript_len
    outputs: {loss: loss.loss}
train:
  optimize: [train.loss]
  optimizer: {name: adam, lr: 0.01}
  max_steps: 3
  placement: cpu
  callbacks: [{type: checkpoint}]
"""


class Project:
    """A folder with an application and its data, and the command run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.file = folder / "app.yaml"
        self.manifest = folder / "tones.jsonl"
        self.capsys = capsys
        self.file.write_text(APPLICATION, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Replace a text that occurs once in the application."""
        text = self.file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def lines(self, change: Callable[[list[str]], list[str]]) -> None:
        """Change the lines of the manifest."""
        lines = self.manifest.read_text(encoding="utf-8").splitlines()
        self.manifest.write_text("".join(f"{line}\n" for line in change(lines)), encoding="utf-8")

    def nmod(self, *arguments: str) -> tuple[int, str]:
        """Run the command in this process and return its exit code and all it said, which is never a traceback."""
        self.capsys.readouterr()
        code = main([*arguments])
        said = "".join(self.capsys.readouterr())
        assert "Traceback" not in said
        assert code != 70, said
        return int(code), " ".join(said.split())

    def train(self, *arguments: str) -> tuple[int, str]:
        """Run `nmod train` on the application."""
        return self.nmod("train", str(self.file), "--work-dir", str(self.folder / "run"), *arguments)


@pytest.fixture
def project(tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """A healthy project on the tones."""
    shutil.copytree(tones.parent, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path, capsys)


FILE_ERRORS = {
    "an unknown module": (
        "asr.JasperEncoder",
        "asr.JasperEncodr",
        ["asr.JasperEncodr", "Did you mean", "asr.JasperEncoder"],
    ),
    "an unknown parameter": ("num_classes: 4", "num_classes: 4, feats: 3", ["feats", "JasperDecoderForCTC", "feat_in"]),
    "a missing parameter": ("feat_in: 16, num_classes: 4", "feat_in: 16", ["num_classes", "JasperDecoderForCTC"]),
    "an open port": (
        "          target_length: train_data.transcript_len\n",
        "",
        ["target_length", "loss", "left open"],
    ),
    "an unknown port": (
        "{encoder_output: encoder.encoded}",
        "{encoder_outptu: encoder.encoded}",
        ["encoder_outptu", "encoder_output"],
    ),
    "an unknown output": (
        "input_length: encoder.encoded_len",
        "input_length: encoder.encoded_length",
        ["encoded_length", "encoded_len"],
    ),
    "sizes that clash": ("{feat_in: 16, num", "{feat_in: 24, num", ["NM105", "24", "16", "decoder", "encoder"]),
    "a size of the labels that clashes": ("num_classes: 4", "num_classes: 5", ["loss", "n = 5", "4"]),
    "swapped lengths": (
        "input_length: encoder.encoded_len\n          target_length: train_data.transcript_len",
        "input_length: train_data.transcript_len\n          target_length: encoder.encoded_len",
        ["NM107", "swapped"],
    ),
    "forgotten lengths": (
        "input_length: encoder.encoded_len",
        "input_length: train_data.spec_len",
        ["NM108", "subsampl"],
    ),
    "a bad value": ("lr: 0.01", "lr: fast", ["lr", "fast"]),
    "an unknown key": ("max_steps: 3", "max_stesp: 3", ["max_stesp", "max_steps"]),
}


@pytest.mark.parametrize("mistake", FILE_ERRORS)
def test_a_mistake_in_the_file_is_named_with_its_line(project: Project, mistake: str) -> None:
    """`nmod check` and `nmod train` refuse the file alike, before any data is read, and name the line."""
    old, new, expected = FILE_ERRORS[mistake]
    project.edit(old, new)

    for code, said in (project.nmod("check", str(project.file)), project.train()):
        assert code == 1
        assert "app.yaml:" in said
        for part in expected:
            assert part in said


def test_transposed_axes_are_shown_side_by_side(project: Project) -> None:
    """Time before bands: the message shows both types, says TRANSPOSE_SAME and how to mend it."""
    project.edit(
        "graphs:\n",
        "  turned: {type: nm.Transpose, params: {order: B T Spectrogram}}\ngraphs:\n",
    )
    project.edit(
        "- {call: encoder, inputs: {audio_signal: train_data.spec,",
        "- {call: turned, inputs: {x: train_data.spec}}\n      - {call: encoder, inputs: {audio_signal: turned.y,",
    )

    code, said = project.nmod("check", str(project.file))

    assert code == 1
    for part in ("NM104", "TRANSPOSE_SAME", "turned.y -> encoder.audio_signal", "swapped", "transpose"):
        assert part in said


def test_logits_do_not_pass_for_log_probabilities(project: Project) -> None:
    """The kind of the values differs, and the message names both kinds."""
    project.edit(
        "decoder: {type: asr.JasperDecoderForCTC, params: {feat_in: 16, num_classes: 4}}",
        "turned: {type: nm.Transpose, params: {order: B T Encoded}}\n"
        "  decoder: {type: common.Linear, params: {input_size: 16, output_size: 5, tag: Class, kind: Logits}}",
    )
    project.edit(
        "- {call: decoder, inputs: {encoder_output: encoder.encoded}}",
        "- {call: turned, inputs: {x: encoder.encoded}}\n      - {call: decoder, inputs: {x: turned.y}}",
    )
    project.edit("log_probs: decoder.output", "log_probs: decoder.y")

    code, said = project.nmod("check", str(project.file))

    assert code == 1
    for part in ("NM106", "Logits", "LogProbs", "decoder.y -> loss.log_probs"):
        assert part in said


def test_recordings_that_cannot_be_read_are_counted_and_listed(project: Project) -> None:
    """One is missing and one is no recording: training goes on, and the report names both."""
    (project.folder / "03.wav").unlink()
    (project.folder / "05.wav").write_bytes(b"this is no recording")

    code, said = project.train()

    assert code == 0
    for part in ("2 ", "03.wav", "05.wav"):
        assert part in said
    (note,) = {line for line in said.splitlines() if "could not be read" in line}
    assert note.count("03.wav") == 1
    assert "there is no such file; " in note or note.endswith("there is no such file.")


def test_too_many_unreadable_recordings_end_the_run(project: Project) -> None:
    """Where nothing can be read, the run ends with the paths and the limit."""
    for path in project.folder.glob("*.wav"):
        path.unlink()

    code, said = project.train()

    assert code == 1
    for part in (".wav", "max_unreadable"):
        assert part in said


def test_an_empty_manifest_is_refused(project: Project) -> None:
    """The message names the manifest and says that it is empty."""
    project.lines(lambda lines: [])

    code, said = project.train()

    assert code == 1
    assert "tones.jsonl" in said
    assert "empty" in said or "no " in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{not json", ["tones.jsonl:3"]),
        (json.dumps({"audio_filepath": "02.wav", "text": "abc"}), ["tones.jsonl:3", "duration"]),
        (json.dumps({"audio_filepath": "02.wav", "duration": -1, "text": "abc"}), ["tones.jsonl:3", "duration", "-1"]),
        (json.dumps({"audio_filepath": "02.wav", "duration": 0.4, "text": "abx"}), ["tones.jsonl:3", "x", "labels"]),
    ],
    ids=["no JSON", "a missing field", "a negative duration", "a character outside the labels"],
)
def test_a_bad_line_of_a_manifest_is_named_by_number(project: Project, line: str, expected: list[str]) -> None:
    """The message gives file and line, what the line has and what it needs."""
    project.lines(lambda lines: [*lines[:2], line, *lines[3:]])

    code, said = project.train()

    assert code == 1
    for part in expected:
        assert part in said


def test_a_missing_manifest_is_named(project: Project) -> None:
    """A file that is not there is named with its path."""
    project.manifest.unlink()

    code, said = project.train()

    assert code == 1
    assert "tones.jsonl" in said


def test_a_loss_that_is_not_finite_stops_the_run(project: Project) -> None:
    """The message names the loss and the update and says what to try."""
    code, said = project.train("--set", "train.optimizer.lr=1e30")

    assert code == 1
    for part in ("loss", "finite"):
        assert part in said


def test_a_checkpoint_of_another_graph_does_not_load(project: Project) -> None:
    """Weights of another encoder are refused, and the message names a weight or a module."""
    assert project.train()[0] == 0
    project.edit("filters: 16", "filters: 24")
    project.edit("{feat_in: 16, num", "{feat_in: 24, num")

    code, said = project.train("--resume", "--max-steps", "5")

    assert code == 1
    for part in ("checkpoint", "encoder"):
        assert part in said


def test_a_damaged_checkpoint_is_recognised(project: Project) -> None:
    """A flipped bit in a file of weights is found before anything is loaded, and the file is named."""
    assert project.train()[0] == 0
    weights = max(
        (project.folder / "run").glob("**/checkpoints/**/*.safetensors"), key=lambda path: path.stat().st_size
    )
    damaged = bytearray(weights.read_bytes())
    damaged[-3] ^= 4
    weights.write_bytes(damaged)
    checkpoint = next(path for path in weights.parents if path.parent.name == "checkpoints")

    code, said = project.train("--resume", str(checkpoint), "--max-steps", "5")

    assert code == 1
    for part in ("damaged", weights.name):
        assert part in said


def test_the_installed_command_shows_no_traceback_either(project: Project) -> None:
    """The same through the program itself: the message goes to standard error, nothing to standard output."""
    project.edit("asr.JasperEncoder", "asr.JasperEncodr")
    nmod = Path(sys.executable).with_name("nmod")

    done = subprocess.run([nmod, "train", project.file], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "asr.JasperEncodr" in done.stderr
    assert "Traceback" not in done.stderr
