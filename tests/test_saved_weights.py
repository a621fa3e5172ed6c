"""What a training saves are the weights whose score it prints last: those of the best checkpoint, or the last."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from nm_core import TrainingResult, load_application
from nm_core.application import check_file
from nm_core.cli.main import main
from nm_torch.checkpoint import read_checkpoint
from test_saved_applications import write

CPU = ["--placement", "cpu"]
PLAIN = "  callbacks: [{type: checkpoint, params: {every_steps: 2}}]\n"
# A score that is best before anything is learnt, so that the best weights are not the last ones.
WATCHED = """\
  callbacks:
    - {type: evaluation, params: {name: dev, every_steps: 4}, metrics: eval}
    - {type: checkpoint, params: {every_steps: 100, keep: 1, metric: dev.wer_deletions, mode: max}}
"""


@pytest.fixture
def file(tones: Path, tmp_path: Path) -> Path:
    """An application whose training keeps a best checkpoint."""
    path = write(tmp_path / "app.yaml", tones)
    text = path.read_text()
    assert PLAIN in text
    text = text.replace(PLAIN, WATCHED).replace("max_steps: 4", "max_steps: 42").replace("lr: 0.01", "lr: 0.02")
    path.write_text(text)
    return path


def state_of(path: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a saved application."""
    app = load_application(path, placement="cpu")
    modules = {name: app.modules[name].state_dict() for name in ("encoder", "decoder")}
    return {f"{name}.{key}": value for name, state in modules.items() for key, value in state.items()}


def assert_saved(path: Path, checkpoint: Path) -> None:
    """The saved weights are those of a checkpoint, bitwise."""
    state = read_checkpoint(checkpoint).weights
    for name, value in state_of(path).items():
        module, _, key = name.partition(".")
        assert torch.equal(value, state[module][key]), name


@pytest.mark.parametrize("weights", ["best", "last"])
def test_the_score_printed_last_is_that_of_the_saved_weights(file: Path, weights: str, capsys: Any) -> None:
    """Evaluating what was saved repeats it, bitwise, and every line says which update it is of."""
    run = file.parent / "run"
    options = [] if weights == "best" else ["--weights", "last"]  # the best is the default, since one is kept
    capsys.readouterr()
    assert main(["train", str(file), "--quiet", *CPU, "--work-dir", str(run), "--json", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    best = result["best"]
    assert best["step"] < result["step"] == 42
    assert result["scored_at"] == {"dev": 42}, "the last weights are scored, too"

    assert main(["eval", str(run / "application"), "--json", *CPU]) == 0

    scores = json.loads(capsys.readouterr().out)
    expected = {"best": {key[4:]: value for key, value in best["scores"].items()}, "last": result["scores"]["dev"]}
    assert scores == expected[weights]
    assert scores != expected["last" if weights == "best" else "best"]
    assert result["saved_step"] == (best["step"] if weights == "best" else 42)
    assert_saved(run / "application", Path(best["path"] if weights == "best" else result["checkpoint"]))


def test_the_summary_names_updates_and_ends_with_what_is_saved(file: Path, capsys: Any) -> None:
    """Best and last stand there with their updates, then the place and which of them it is."""
    run = file.parent / "run"
    capsys.readouterr()

    assert main(["train", str(file), "--quiet", *CPU, "--work-dir", str(run)]) == 0

    _, last, best, saved, _ = capsys.readouterr().out.splitlines()
    assert last.startswith("dev: wer ")
    assert last.endswith("(update 42, the last)")
    which = best.rpartition("(")[2]
    assert which.endswith("the best by dev.wer_deletions)")
    assert saved == f"saved: {run / 'application'} ({which}"


def test_a_training_with_nothing_left_says_so(file: Path, capsys: Any) -> None:
    """--quiet hides no fact; no loss is shown, since none was computed, and the same weights are saved."""
    command = ["train", str(file), "--quiet", *CPU, "--work-dir", str(file.parent / "run")]
    assert main(command) == 0
    saved = state_of(file.parent / "run" / "application")
    capsys.readouterr()

    assert main([*command, "--resume"]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("nothing was left to do: the training had made its 42 updates before.")
    assert "0.0 s." not in out
    assert "note: Nothing is left to do" in err
    for name, value in state_of(file.parent / "run" / "application").items():
        assert torch.equal(value, saved[name])


def test_python_saves_the_same(file: Path) -> None:
    """`save` of the application follows its training; the weights in memory stay the last, and changed ones win."""
    app = load_application(file, placement="cpu", work_dir=file.parent / "run")
    result = app.train()
    live = {name: value.clone() for name, value in app.modules["decoder"].state_dict().items()}
    assert result.best is not None
    assert result.checkpoint is not None

    assert_saved(app.save(file.parent / "best"), result.best.path)
    for name, value in app.modules["decoder"].state_dict().items():
        assert torch.equal(value, live[name])

    with torch.no_grad():
        app.modules["decoder"].project.bias.add_(1.0)
    changed = state_of(app.save(file.parent / "changed"))
    assert torch.equal(changed["decoder.project.bias"], live["project.bias"] + 1.0)


def test_the_last_weights_are_saved_where_the_training_says_so(file: Path) -> None:
    """`save: last` in the file or in the call."""
    app = load_application(file, placement="cpu", work_dir=file.parent / "run")
    result = app.train(save="last")
    assert result.checkpoint is not None
    assert_saved(app.save(file.parent / "last"), result.checkpoint)


def test_the_best_is_refused_where_none_is_kept(tones: Path, tmp_path: Path) -> None:
    """By the check at its line, and before the first step."""
    path = write(tmp_path / "app.yaml", tones)
    path.write_text(path.read_text().replace("max_steps: 4", "max_steps: 4\n  save: best"))
    (problem,) = check_file(path).problems
    assert problem.message.startswith("No checkpoint is kept as the best.")
    assert problem.path == ("train", "save")
    path.write_text(path.read_text().replace("\n  save: best", ""))
    with pytest.raises(ValueError, match='save="best" needs a best checkpoint'):
        load_application(path, placement="cpu", work_dir=tmp_path / "run").train(save="best")


def test_score_lines_say_the_update_of_each_score() -> None:
    """A score of earlier weights is never shown as one of the last."""
    result = TrainingResult(9, 1, 9, {}, "finished", 0.0, scores={"dev": {"wer": 0.5}}, scored_at={"dev": 6})
    assert result.score_lines(best_saved=False) == ["dev: wer 0.5 (update 6)"]
