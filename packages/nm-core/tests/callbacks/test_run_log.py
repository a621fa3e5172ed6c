"""The log of a run: facts in its first line, a line for each note, whole lines after a process was killed."""

import json
from pathlib import Path
from typing import Any

from nm_core.callbacks import LoggingCallback
from nm_core.callbacks.run_log import RunLog


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log that are whole."""
    read = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            read.append(json.loads(line))
        except ValueError:
            continue
    return read


def test_the_first_line_says_what_the_run_is(drive: Any, tmp_path: Path) -> None:
    """The facts that are given, the time of day, and where the run begins."""
    running = drive(RunLog(tmp_path / "log.jsonl", lambda: {"seed": 7, "data": {"train_data": 40}}), max_steps=10)
    running.tell("on_end", running.train(10))
    first = lines(tmp_path / "log.jsonl")[0]
    assert (first["event"], first["seed"], first["data"]) == ("start", 7, {"train_data": 40})
    assert (first["max_steps"], first["steps_per_epoch"], first["step"]) == (10, 10, 0)
    assert first["time"].endswith("+00:00")


def test_each_note_is_a_line_as_soon_as_it_is_known(drive: Any, tmp_path: Path) -> None:
    """At the start, before log points, evaluations and checkpoints, and at the end; none of them twice."""
    running = drive(RunLog(tmp_path / "log.jsonl"))
    running.run.report.append("a damaged checkpoint was passed over")
    running.train(10)
    running.run.report.append("a.wav could not be read")
    running.run.evaluate([], name="dev")
    running.run.request_checkpoint()
    running.boundary()
    running.run.report += ["2 updates were skipped", "3 samples were left out"]
    running.tell("on_end", "finished")
    found = [(line["event"], line.get("message")) for line in lines(tmp_path / "log.jsonl")]
    assert found == [
        ("start", None),
        ("note", "a damaged checkpoint was passed over"),
        ("log", None),
        ("note", "a.wav could not be read"),
        ("evaluation", None),
        ("checkpoint", None),
        ("note", "2 updates were skipped"),
        ("note", "3 samples were left out"),
        ("end", None),
    ]


def test_a_line_that_was_cut_is_no_obstacle(drive: Any, tmp_path: Path) -> None:
    """What a killed process left is ended, so that the next line stands alone; an empty file gets no empty line."""
    path = tmp_path / "log.jsonl"
    path.touch()
    first, second = drive(RunLog(path)), drive(RunLog(path), step=10)
    first.tell("on_end", first.train(10))
    whole = path.read_bytes()
    assert whole.startswith(b"{")
    path.write_bytes(whole + b'{"event": "log", "seco')

    second.tell("on_end", second.train(20))
    assert [line["event"] for line in lines(path)] == ["start", "log", "end"] * 2
    assert len(path.read_text().splitlines()) == 7


def test_the_logging_callback_gives_the_log_a_second_name(drive: Any, tmp_path: Path) -> None:
    """`metrics.jsonl` has every line once, without being written a second time; a path of its own is another file."""
    log_path = tmp_path / "log.jsonl"
    log_path.touch()
    second, elsewhere = LoggingCallback(), LoggingCallback(tmp_path / "elsewhere.jsonl")
    for _ in range(2):  # a resumed run finds the second name there
        for callback in (second, elsewhere):
            callback.share(log_path)
        running = drive(second, elsewhere, RunLog(log_path))
        running.train(10)
        running.tell("on_end", "finished")
    assert (tmp_path / "metrics.jsonl").samefile(log_path)
    assert [line["event"] for line in lines(tmp_path / "metrics.jsonl")] == ["start", "log", "end"] * 2
    assert not (tmp_path / "elsewhere.jsonl").samefile(log_path)
    assert [line["event"] for line in lines(tmp_path / "elsewhere.jsonl")] == ["start", "log", "end"] * 2


def test_a_file_of_an_older_version_goes_on(drive: Any, tmp_path: Path) -> None:
    """Where `metrics.jsonl` is a file of its own already, its lines go on there."""
    (tmp_path / "metrics.jsonl").write_text('{"event": "start"}\n')
    (tmp_path / "log.jsonl").touch()
    callback = LoggingCallback()
    callback.share(tmp_path / "log.jsonl")
    running = drive(callback, RunLog(tmp_path / "log.jsonl"))
    running.tell("on_end", running.train(10))
    assert [line["event"] for line in lines(tmp_path / "metrics.jsonl")] == ["start", "start", "log", "end"]
    assert [line["event"] for line in lines(tmp_path / "log.jsonl")] == ["start", "log", "end"]
