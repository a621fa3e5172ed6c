"""A watched score finds its direction in the run, and forgets the best value of another score."""

import pytest

from nm_core import ParameterError, Run
from nm_core.callbacks import CheckpointCallback, EarlyStopping
from nm_core.callbacks.goals import PlannedEvaluation


def start(callback, tmp_path, **attributes):
    """Begin a run whose evaluation `dev` has a BLEU."""
    planned = {"dev": PlannedEvaluation({"bleu": "max"}, every_epochs=2)}
    run = Run("train", work_dir=tmp_path, planned=planned, **attributes)
    callback.on_start(run)
    return run


@pytest.mark.parametrize("make", [lambda: CheckpointCallback(metric="dev.bleu"), lambda: EarlyStopping("dev.bleu")])
def test_the_best_is_the_largest_where_the_metric_says_so(make, tmp_path):
    """The state of a checkpoint, the retention and the comparison all follow the metric."""
    callback = make()
    run = start(callback, tmp_path)
    for score in (0.1, 0.3, 0.2):
        callback.on_evaluation(run, "dev", {"bleu": score})
    assert callback.state()["best"] == 0.3
    if isinstance(callback, CheckpointCallback):
        assert run.retention.mode == "max"
    else:
        assert callback.mode == "max"


def test_an_evaluation_after_the_end_is_refused(tmp_path):
    """A score that comes too late can neither stop a run nor choose a checkpoint."""
    with pytest.raises(ParameterError, match="never due"):
        start(EarlyStopping("dev.bleu"), tmp_path, max_epochs=1)


def test_the_best_value_of_another_score_is_forgotten_and_said(tmp_path):
    """A run that resumes with another metric compares its scores with one another only."""
    former = EarlyStopping("dev.wer")
    former.on_evaluation(Run("train"), "dev", {"wer": 0.1})
    callback = EarlyStopping("dev.bleu")
    callback.load_state(former.state())
    run = start(callback, tmp_path)
    assert callback.state()["best"] is None
    assert "the checkpoint was watching dev.wer" in run.report[0]


def test_a_state_of_an_older_version_is_taken():
    """Its metric is not in it."""
    callback = EarlyStopping("dev.wer")
    callback.load_state({"best": 7.0, "seen": True, "waited": 18})
    assert callback.state() == {"metric": "dev.wer", "best": 7.0, "waited": 18, "seen": True}
