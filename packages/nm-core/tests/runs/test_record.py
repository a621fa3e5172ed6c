"""The record of a run is JSON that any program reads, and survives what does not fit."""

import json
import math
from pathlib import Path

import pytest

from nm_core.runs.record import Process, RunRecord, read_record, write_record


def record(**facts: object) -> RunRecord:
    """Return a record of a run on some machine."""
    return RunRecord("running", Process(1, "host", "2026-01-02T10:00:00+00:00"), **facts)  # type: ignore[arg-type]


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """All of its facts, and no other file stays beside it."""
    whole = record(update=7, scores={"dev.wer": {"value": 0.5, "update": 6}}, checkpoint={"path": "a", "update": 6})

    write_record(tmp_path / "run.json", whole, sync=True)

    assert read_record(tmp_path / "run.json") == whole
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_numbers_that_are_not_finite_are_null(tmp_path: Path) -> None:
    """JSON has neither NaN nor infinity."""
    write_record(tmp_path / "run.json", record(losses={"loss": math.nan}, best={"value": math.inf}))

    data = json.loads((tmp_path / "run.json").read_text(), parse_constant=pytest.fail)
    assert (data["losses"], data["best"]) == ({"loss": None}, {"value": None})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "nm-run/1"}', '{"format": "nm-run/2", "state": "running"}']
)
def test_what_is_no_record_is_none(tmp_path: Path, text: str) -> None:
    """Files of other programs and of later versions are no record of this one."""
    (tmp_path / "run.json").write_text(text)

    assert read_record(tmp_path / "run.json") is None
