"""Runs are found below a folder, those of older versions too, and their facts are data of JSON."""

import json
import os
from pathlib import Path

import pytest

from nm_core.runs import RunFolder, open_run
from nm_core.runs.listing import find_runs, run_facts


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A run that was restarted, one of a version that wrote no record, and folders that are none."""
    with open_run(tmp_path / "a") as run:
        run.update(update=5)
    with open_run(tmp_path / "a", restart=True) as run:
        run.update(update=7, scores={"dev.wer": {"value": 0.25, "update": 6}})
    (tmp_path / "deep" / "b" / "checkpoints" / "000001-step-3").mkdir(parents=True)
    (tmp_path / "deep" / "notes").mkdir()
    (tmp_path / "a" / "tensorboard" / "checkpoints" / "x").mkdir(parents=True)
    os.utime(tmp_path / "deep" / "b" / "checkpoints" / "000001-step-3", (9e9, 9e9))
    return tmp_path


def test_runs_are_found_at_any_level(runs: Path) -> None:
    """The newest first; in a run only those that it has moved aside; the folder itself, where it is one."""
    assert [run.path.relative_to(runs).as_posix() for run in find_runs(runs)] == ["deep/b", "a", "a/earlier-1"]
    assert [run.path.name for run in find_runs(runs / "a")] == ["a", "earlier-1"]


def test_facts_are_data(runs: Path) -> None:
    """State, update, scores, size, times and the process; of a run without a record those that can be seen."""
    facts = json.loads(json.dumps(run_facts(RunFolder(runs / "a")), allow_nan=False))
    assert (facts["state"], facts["update"], facts["process"]["pid"]) == ("finished", 7, os.getpid())
    assert facts["scores"] == {"dev.wer": {"value": 0.25, "update": 6}}
    assert facts["size"] == sum(path.stat().st_size for path in (runs / "a").rglob("*") if path.is_file())

    old = run_facts(RunFolder(runs / "deep" / "b"))
    assert (old["state"], old["update"], old["checkpoints"]) == (None, None, ["000001-step-3"])
    assert old["written"].startswith("2255-")


def test_looking_changes_nothing(runs: Path) -> None:
    """Neither files nor their times."""
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*")}
    for run in find_runs(runs):
        run_facts(run)

    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*")} == before
