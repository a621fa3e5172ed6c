"""Runs over each other: their curves, the best of each score, and what the picture does not show."""

import json
from pathlib import Path
from typing import Any

import pytest

from nm_core.runs import RunError, open_run, plot


def run(folder: Path, *events: dict[str, Any], end: str = "") -> Path:
    """Write a run with a log."""
    with open_run(folder) as this_run:
        this_run.update(update=10)
    text = "".join(json.dumps(event) + "\n" for event in events)
    (folder / "log.jsonl").write_text(text + end, encoding="utf-8")
    return folder


def events(goal: str = "min", **scores: float) -> list[dict[str, Any]]:
    """Return a start, two log points and two evaluations."""
    goals = {f"dev.{name}": goal for name in scores}
    return [
        {"event": "start", "step": 0, "goals": goals},
        *({"event": "log", "step": step, "loss": 1 / step, "learning_rate": 0.1} for step in (10, 20)),
        {"event": "evaluation", "step": 10, **{f"dev.{name}": value for name, value in scores.items()}},
        {"event": "evaluation", "step": 20, **{f"dev.{name}": value / 2 for name, value in scores.items()}},
    ]


def test_runs_share_panels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One panel per loss and score, whichever run has it; a legend by folder; the learning rate where it is named."""
    monkeypatch.chdir(tmp_path)
    run(Path("runs/a"), *events(wer=0.5)), run(Path("runs/b"), *events("max", wer=0.25, bleu=8.0))
    picture = plot("runs/a", "runs/b", smooth=0.5)
    text = picture._repr_svg_()
    for part in ("runs/a", "runs/b", ">loss<", ">dev.wer<", ">dev.bleu<"):
        assert text.count(part) >= 1
    assert "learning_rate" not in text
    assert ">learning_rate<" in plot("runs/a", curves=["learning_rate"]).svg()
    assert plot("runs").names == ["runs/a", "runs/b"]
    assert picture.save(tmp_path / "x.svg").read_text() == text
    data = picture.to_dict()["runs"]
    assert data["runs/a"]["best"] == {"dev.wer": [20, 0.25]}
    assert data["runs/b"]["best"] == {"dev.wer": [10, 0.25], "dev.bleu": [10, 8.0]}
    assert picture.notes == []


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """Damaged lines, a run without a log point, a curve that nobody has; all of it is drawn nevertheless."""
    damaged = run(tmp_path / "a", *events(), end='{"event": \n')
    picture = plot(damaged, run(tmp_path / "b"), curves=["loss", "los"])
    assert picture.svg().count("no values yet") == 1
    first, second, third = picture.notes
    assert "log.jsonl: 1 damaged lines were passed over: 6." in first
    assert "b has no log point yet." in second
    assert third == 'No run has a curve "los"; there are loss, learning_rate.'
    assert "There is nothing to draw yet." in plot(tmp_path / "b").svg()


def test_the_best_of_a_run_without_goals_is_that_of_its_record(tmp_path: Path) -> None:
    """As of logs whose first line says nothing of them."""
    start, *rest = events(wer=0.5)
    with open_run(tmp_path) as this_run:
        this_run.update(update=20, best={"metric": "dev.wer", "mode": "min", "value": 0.25, "update": 20})
        assert start["event"] == "start"
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in rest))
    assert plot(tmp_path).to_dict()["runs"][tmp_path.as_posix()]["best"] == {"dev.wer": [20, 0.25]}


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """A folder that is missing, one without runs, nothing at all, and a weight that is none."""
    for runs, message in (
        ([tmp_path / "x"], "no such folder"),
        ([tmp_path], "no run is in it"),
        ([], "no run to draw"),
    ):
        with pytest.raises(RunError, match=message):
            plot(*runs)
    with pytest.raises(RunError, match="smooth"):
        plot(run(tmp_path / "a"), smooth=1.0)
