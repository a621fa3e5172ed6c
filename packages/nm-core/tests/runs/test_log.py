"""The log of a run is read as far as it is whole, and what was made again counts once."""

import json
from pathlib import Path

import pytest

from nm_core.runs import RunFolder
from nm_core.runs.log import find_log, read_curves


def write(path: Path, *events: object, end: str = "\n") -> Path:
    """Write events as lines; texts as they are."""
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def test_events_become_curves(tmp_path: Path) -> None:
    """Losses, what is besides them, scores and goals; what belongs to each line is no curve."""
    path = write(
        tmp_path / "log.jsonl",
        {"event": "start", "step": 0, "seconds": 0.0, "goals": {"dev.wer": "min"}},
        {"event": "log", "step": 10, "epoch": 0, "samples": 40, "loss": 2, "learning_rate": 0.1, "text": "x"},
        {"event": "log", "step": 20, "epoch": 1, "samples": 80, "loss": None, "not_finite": ["loss"]},
        {"event": "evaluation", "step": 20, "dev.wer": 0.5},
        {"event": "note", "step": 20, "message": "m"},
    )
    curves = read_curves(path)
    assert curves.losses == {"loss": [(10, 2), (20, None)]}
    assert curves.besides == {"learning_rate": [(10, 0.1)]}
    assert (curves.scores, curves.goals, curves.damaged) == ({"dev.wer": [(20, 0.5)]}, {"dev.wer": "min"}, [])


def test_updates_that_were_made_again_have_their_newest_values(tmp_path: Path) -> None:
    """A run that was killed at 30 and goes on from 10."""
    logs = [{"event": "log", "step": step, "loss": float(step)} for step in (10, 20, 30)]
    again = [{"event": "log", "step": step, "loss": -float(step)} for step in (20, 30, 40)]
    path = write(tmp_path / "log.jsonl", *logs, {"event": "start", "step": 10}, *again)
    assert read_curves(path).losses == {"loss": [(10, 10.0), (20, -20.0), (30, -30.0), (40, -40.0)]}


def test_damaged_lines_are_numbered_and_passed_over(tmp_path: Path) -> None:
    """Whatever is in them; a last line without an end is being written still, and no damage."""
    whole = {"event": "log", "step": 1, "loss": 1.0}
    bad = ['{"event": "lo', "[1, 2]", "3", '{"step": 1}', "[" * 50_000, "\x00\x01"]
    path = write(tmp_path / "log.jsonl", whole, *bad, "", {**whole, "step": 2}, '{"event": "lo', end="")
    curves = read_curves(path)
    assert curves.losses == {"loss": [(1, 1.0), (2, 1.0)]}
    assert curves.damaged == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("content", [None, ""])
def test_a_log_that_is_missing_or_empty_has_no_curves(tmp_path: Path, content: str | None) -> None:
    """A run that has just begun; one of an older version may have another file."""
    if content is not None:
        (tmp_path / "log.jsonl").write_text(content)
    assert not any(read_curves(find_log(RunFolder(tmp_path))).groups())
    write(tmp_path / "metrics.jsonl", {"event": "log", "step": 1, "loss": 1.0})
    assert read_curves(find_log(RunFolder(tmp_path))).losses == {"loss": [(1, 1.0)]}
