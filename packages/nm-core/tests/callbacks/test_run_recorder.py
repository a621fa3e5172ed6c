"""The record of a run follows its training."""

import math
from pathlib import Path
from typing import Any

import pytest

from nm_core.callbacks.run_recorder import RunRecorder
from nm_core.runs import RunFolder, open_run


def test_the_record_says_how_far_the_training_is(drive: Any, tmp_path: Path) -> None:
    """Updates, losses, scores with their updates, the newest checkpoint and the end."""
    with open_run(tmp_path) as run:
        driven = drive(RunRecorder(run))
        driven.train(20)
        driven.run.scored_at["dev"] = 20
        driven.tell("on_evaluation", "dev", {"wer": 0.5})
        driven.tell("on_checkpoint", tmp_path / "checkpoints" / "000001-step-20")
        driven.tell("on_end", "stopped: enough")

    record = RunFolder(tmp_path).record()
    assert record is not None
    assert (record.state, record.reason, record.update) == ("finished", "stopped: enough", 20)
    assert record.scores == {"dev.wer": {"value": 0.5, "update": 20}}
    assert record.checkpoint == {"path": "checkpoints/000001-step-20", "update": 20}
    assert record.losses == driven.run.losses


@pytest.mark.parametrize(("mode", "best"), [("min", 0.2), ("max", 0.9)])
def test_the_best_is_that_of_the_metric_of_checkpoints(drive: Any, tmp_path: Path, mode: str, best: float) -> None:
    """In its direction; a score that is no number is never the best."""
    from nm_core.callbacks.retention import Retention

    with open_run(tmp_path) as run:
        driven = drive(RunRecorder(run))
        driven.run.retention = Retention(metric="dev.x", best=1, mode=mode)  # type: ignore[arg-type]
        for value in (0.5, 0.2, math.nan, 0.9, 0.4):
            driven.run.step += 1
            driven.tell("on_evaluation", "dev", {"x": value, "y": 7.0})
        assert run.record.best is not None
        assert run.record.best["value"] == best


def test_of_equal_scores_the_best_is_the_one_whose_checkpoint_stays(drive: Any, tmp_path: Path) -> None:
    """The newer checkpoint of equal scores is kept, so the record names its update, and not one that is gone."""
    from nm_core.callbacks.retention import Retention

    with open_run(tmp_path) as run:
        driven = drive(RunRecorder(run))
        driven.run.retention = Retention(metric="dev.wer", best=1)
        updates = []
        for value, checkpoint in ((0.5, True), (0.2, True), (0.2, True), (0.2, False), (0.3, True)):
            driven.run.step += 1
            driven.tell("on_evaluation", "dev", {"wer": value})
            if checkpoint:
                driven.tell("on_checkpoint", tmp_path / f"step-{driven.run.step}")
            assert run.record.best is not None
            updates.append(run.record.best["update"])
    assert updates == [1, 2, 3, 3, 3]


def test_a_disk_that_refuses_costs_the_record_and_not_the_run(
    drive: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported once, at the end."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with open_run(tmp_path) as run:
        driven = drive(RunRecorder(run))
        monkeypatch.setattr("nm_core.runs.opening.write_record", refuse)
        driven.train(20)
        driven.tell("on_end", "finished")

    (line,) = driven.run.report
    assert "run.json: the record of the run could not be written: No space left on device" in line
