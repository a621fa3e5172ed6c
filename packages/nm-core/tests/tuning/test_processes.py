"""Processes that share a study, die in it or are interrupted."""

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nm_core.cli.exits import Exit

pytestmark = pytest.mark.slow

SLOW = ("--set", "train.optimizer.lr=0.05..1.5", "--set", "train.callbacks.1.params.seconds=0.05", "--work-dir", "run")


def folders(path: Path) -> list[Path]:
    """Return the folders of the trials that have begun."""
    return sorted((path / "run" / "trials").glob("*/metrics.jsonl"))


def drawn(path: Path, number: int) -> str:
    """Return the learning rate of a trial, as its file has it."""
    text = (path / "run" / "trials" / f"{number:04d}" / "app.yaml").read_text()
    return re.search(r"lr: ([-.e0-9]+)", text)[1]


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_two_processes_share_the_trials(start, tmp_path) -> None:
    """Started at the same moment, both make trials, none is made twice, and together they are as many as asked for."""
    options = (*SLOW, "--trials", 8, "--json", "--storage", "sqlite:///shared.db")
    both = [start(*options), start(*options)]
    results = [json.loads(process.communicate(timeout=60)[0]) for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert results[0]["trials"] == results[1]["trials"]
    trials = results[0]["trials"]
    assert len({trial["trial"] for trial in trials}) == len(trials) == 8
    assert len({trial["values"]["train.optimizer.lr"] for trial in trials}) == 8
    assert len({trial["process"] for trial in trials}) == 2
    assert len([path for path in folders(tmp_path) if '"end"' in path.read_text()]) == 8


def test_two_processes_share_a_grid(start) -> None:
    """Each combination is tried once, whoever tries it."""
    grid = ("--set", "train.optimizer.lr=0.1,0.2,0.3", "--set", "train.max_steps=2,3", "--sampler", "grid", "--json")
    both = [start(*grid, "--pruner", "none"), start(*grid, "--pruner", "none")]
    trials, _ = (json.loads(process.communicate(timeout=60)[0])["trials"] for process in both)

    assert len({tuple(trial["values"].values()) for trial in trials}) == len(trials) == 6


def test_a_killed_process_costs_nothing_but_time(start, tune, tmp_path) -> None:
    """The trial that was running is given up once it gives no sign, and its values are tried again."""
    (tmp_path / "hold").touch()
    process = start(*SLOW, "--trials", 2, "--lost-after", 1)
    until(lambda: folders(tmp_path))
    process.send_signal(signal.SIGKILL)
    process.wait()
    (tmp_path / "hold").unlink()

    result = tune(*SLOW, "--trials", 2, "--lost-after", 1, "--json").json()

    assert [trial["state"] for trial in result["trials"]] == ["done", "done"]
    assert 0 not in {trial["trial"] for trial in result["trials"]}
    assert drawn(tmp_path, 0) in {trial["values"]["train.optimizer.lr"] for trial in result["trials"]}


def test_ctrl_c_puts_the_running_trial_back(start, tune, tmp_path) -> None:
    """It ends with 130 and the command that goes on, and the same values come next."""
    (tmp_path / "hold").touch()
    process = start(*SLOW, "--trials", 2)
    until(lambda: folders(tmp_path))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    (tmp_path / "hold").unlink()

    assert process.returncode == Exit.INTERRUPTED
    assert "Interrupted: 0 of 2 trials are done. To go on: nmod tune app.yaml --backend python" in said
    assert "Traceback" not in said
    result = tune(*SLOW, "--trials", 2, "--json", "--quiet").json()
    assert [trial["trial"] for trial in sorted(result["trials"], key=lambda trial: trial["trial"])] == [1, 2]
    assert drawn(tmp_path, 0) == drawn(tmp_path, 1) != drawn(tmp_path, 2)


def test_a_trial_that_was_given_up_is_not_told_twice(start, tune, tmp_path) -> None:
    """A process that was stopped for long finds its trial gone when it wakes, and goes on with others."""
    (tmp_path / "hold").touch()
    process = start(*SLOW, "--trials", 3, "--lost-after", 1)
    until(lambda: folders(tmp_path))
    process.send_signal(signal.SIGSTOP)
    (tmp_path / "hold").unlink()
    result = tune(*SLOW, "--trials", 3, "--lost-after", 1, "--json", "--quiet").json()
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "trial 0: given up by another process" in said
    assert len(result["trials"]) == 3
    assert 0 not in {trial["trial"] for trial in result["trials"]}
