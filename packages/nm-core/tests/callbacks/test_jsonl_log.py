"""Lines of JSON: one per event, and nothing that a disk does ends the run."""

import errno
import io
import json
from pathlib import Path
from typing import Any

import pytest

from nm_core import ParameterError
from nm_core.callbacks import LoggingCallback


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the file's lines, each strict JSON."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    return [json.loads(line, parse_constant=refuse) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_has_its_line(drive: Any, clock: Any, tmp_path: Path) -> None:
    """Start, log points, evaluation, checkpoint and end are written in order, with time, step and samples."""
    running = drive(LoggingCallback(clock=clock), max_steps=20)
    running.train(20, loss=[2.0, 1.0])
    running.run.evaluate([], name="dev")
    running.run.request_checkpoint()
    running.boundary()
    running.run.report.append("2 samples could not be read")
    running.tell("on_end", "finished")
    found = lines(tmp_path / "metrics.jsonl")
    assert [line["event"] for line in found] == ["start", "log", "log", "evaluation", "checkpoint", "end"]
    assert [(line["step"], line["seconds"], line["samples"]) for line in found[:3]] == [
        (0, 0.0, 0),
        (10, 10.0, 40),
        (20, 20.0, 80),
    ]
    assert (found[0]["max_steps"], found[0]["resumed_from"]) == (20, None)
    assert [line["loss"] for line in found[1:3]] == [2.0, 1.0]
    assert found[3]["dev.wer"] == pytest.approx(1 / 21)
    assert found[4]["path"].endswith("000001-step-20")
    assert (found[5]["reason"], found[5]["report"]) == ("finished", ["2 samples could not be read"])


def test_what_is_not_finite_is_named(drive: Any, tmp_path: Path) -> None:
    """JSON has no not-a-number: the value is null and the line says which ones."""
    running = drive(LoggingCallback())
    running.train(30, loss=[float("nan"), 1.0, float("-inf")])
    running.tell("on_exception", ValueError("größer"))
    running.tell("on_end", "failed")
    _, first, second, third, error, _ = lines(tmp_path / "metrics.jsonl")
    assert (first["loss"], first["not_finite"]) == (None, ["loss"])
    assert (second["loss"], "not_finite" in second) == (1.0, False)
    assert third["not_finite"] == ["loss"]
    assert (error["error"], error["message"]) == ("ValueError", "größer")


def test_a_resumed_run_appends(drive: Any, tmp_path: Path) -> None:
    """Earlier lines stay, and the new start says from where the run goes on."""
    path = tmp_path / "logs" / "m.jsonl"
    first = drive(LoggingCallback(path))
    first.train(10)
    first.tell("on_end", "interrupted")
    second = drive(LoggingCallback(path), step=10, resumed_from=Path("runs/x/checkpoints/000001-step-10"))
    second.train(20)
    found = lines(path)  # readable before the end
    assert [line["event"] for line in found] == ["start", "log", "end", "start", "log"]
    assert found[3]["resumed_from"].endswith("000001-step-10")
    assert found[3]["step"] == 10
    second.tell("on_end", "finished")


def test_other_ranks_write_nothing(drive: Any, tmp_path: Path) -> None:
    """Only rank 0 opens the file."""
    running = drive(LoggingCallback(), rank=1, world_size=2)
    running.tell("on_end", running.train(20))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_costs_lines(drive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that the disk refuses are counted and reported at the end, and the run goes on."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            if not self.closed:
                super().close()
                raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, *args, **kwargs: Full())
    running = drive(LoggingCallback())
    running.tell("on_end", running.train(20))
    assert running.run.step == 20
    assert len(running.run.report) == 1
    assert "metrics.jsonl: 5 lines could not be written: No space left on device" in running.run.report[0]


def test_nowhere_to_write_is_an_error_at_the_start(drive: Any, tmp_path: Path) -> None:
    """Without a path and a folder, or with a folder in the way, the run does not begin."""
    with pytest.raises(ParameterError, match="nowhere to write"):
        drive(LoggingCallback(), work_dir=None).train(1)
    with pytest.raises(ParameterError, match="cannot be written"):
        drive(LoggingCallback(tmp_path)).train(1)
