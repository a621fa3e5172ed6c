"""A score that a callback watches is best where its metric says, and one that nobody evaluates is refused in time."""

import shutil
from pathlib import Path

import pytest

from nm_core import ParameterError, load_application
from nm_core.application import check_file

GOLDEN = Path(__file__).parent / "golden" / "v0_1"
STOPPING = "{metric: same.wer, patience: 4}"
CHECKPOINT = "{every_steps: 1, keep: 5}"
WRONG = [
    ((STOPPING, "{metric: other.wer, patience: 4}"), 'nothing evaluates "other.wer". Did you mean "same.wer"?'),
    ((STOPPING, "{metric: same.wre, patience: 4}"), 'Did you mean "same.wer"?'),
    ((STOPPING, "{metric: same.wer, mode: max}"), 'mode "max" is against the goal of same.wer'),
    ((STOPPING, "{metric: same.words}"), 'nobody says which values of "same.words" are better'),
    ((CHECKPOINT, "{every_steps: 1, metric: val.wer}"), 'nothing evaluates "val.wer". Did you mean "same.wer"?'),
    ((CHECKPOINT, "{every_steps: 1, metric: same.wer, mode: max}"), "Leave mode out: the metric says it."),
    (("{name: same, every_steps: 1}", "{name: same, every_steps: 13}"), '"same.wer" is never due'),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data of the golden files, beside which others can be written."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden"))


def write(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """Write a golden application with pieces of its text replaced."""
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_the_check_refuses_it_at_its_line(folder: Path, change: tuple[str, str], said: str) -> None:
    """One problem, at the line of the callback that watches, before anything is read."""
    path = write(folder, "stopping", change)

    (problem,) = check_file(path).problems

    assert said in problem.message
    watching = "early_stopping" if change[0] != CHECKPOINT else "type: checkpoint"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert watching in lines[problem.line - 1]


@pytest.mark.parametrize("change", ["mode: min", "patience: 2"])
def test_the_goal_itself_may_be_said(folder: Path, change: str) -> None:
    """What the metric says anyway is no problem, and neither is saying nothing."""
    assert check_file(write(folder, "stopping", (STOPPING, f"{{metric: same.wer, {change}}}"))).ok


def test_a_training_is_refused_before_its_first_step(folder: Path) -> None:
    """Callbacks that are given in Python are told the same, by the metrics that are evaluated."""
    from nm_core.callbacks import CheckpointCallback, EarlyStopping, EvaluationCallback

    app = load_application(write(folder, "stopping"), work_dir=folder / "run")
    evaluation = EvaluationCallback(app._builder.metrics(app.entry.train.callbacks[2].metrics), name="dev")
    for callback, said in [
        (EarlyStopping("val.wer"), 'nothing evaluates "val.wer". Did you mean "dev.wer"?'),
        (EarlyStopping("dev.wer", mode="max"), "against the goal"),
        (EarlyStopping("dev.words"), "nobody says"),
        (CheckpointCallback(metric="val.wer"), "nothing evaluates"),
    ]:
        with pytest.raises(ParameterError, match=said):
            app.train(callbacks=[evaluation, callback])
        assert not (folder / "run" / "checkpoints").exists()
    late = EvaluationCallback(evaluation.metrics, every_epochs=100, name="dev")
    with pytest.raises(ParameterError, match="never due"):
        app.train(callbacks=[late, EarlyStopping("dev.wer")])


def test_the_best_translation_has_the_largest_bleu(folder: Path) -> None:
    """Without a word about the direction the checkpoint with the best BLEU is the one with the highest."""
    from nm_core.callbacks import CheckpointCallback

    watched = "{type: checkpoint, params: {every_steps: 2, keep: 2}}"
    best = "{type: checkpoint, params: {every_steps: 20, keep: 1, best: 1, metric: valid.bleu.bleu}}"
    path = write(folder, "translation_word", (watched, best), ("every_steps: 30", "every_steps: 20"))
    app = load_application(path, work_dir=folder / "run")
    callbacks = app._builder.callbacks(app.entry.train.callbacks)
    (checkpoint,) = (callback for callback in callbacks if isinstance(callback, CheckpointCallback))

    result = app.train(callbacks=callbacks)

    assert checkpoint.retention.mode == "max"
    assert result.scores["valid"]["bleu.bleu"] > 0
    assert checkpoint.state()["best"] >= result.scores["valid"]["bleu.bleu"]
