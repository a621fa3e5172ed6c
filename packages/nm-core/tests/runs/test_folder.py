"""What is in the folder of a run, and how it is moved aside."""

from pathlib import Path

import pytest

from nm_core.runs import RunFolder, open_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A finished run of three updates, beside a file of the user."""
    folder = RunFolder(tmp_path / "run")
    with open_run(folder.path) as opened:
        opened.update(update=3, state="finished")
    (folder.checkpoints / "000001-step-3").mkdir(parents=True)
    (folder.path / "notes.txt").write_text("mine")
    return folder


def test_a_folder_holds_a_run_when_something_would_be_lost(run: RunFolder, tmp_path: Path) -> None:
    """Updates, checkpoints or an application; not a run that failed before its first update, nor other files."""
    fresh = RunFolder(tmp_path / "fresh")
    with open_run(fresh.path):
        pass

    assert run.holds_run()
    assert not fresh.holds_run()
    fresh.application.mkdir()
    assert fresh.holds_run()


def test_a_run_is_moved_aside_whole(run: RunFolder) -> None:
    """The folder holds no run any more; the moved one is a run, with its checkpoints; files of the user stay."""
    earlier = RunFolder(run.move_aside())

    assert not run.holds_run()
    assert earlier.path == run.path / "earlier-1"
    assert earlier.has_checkpoints()
    record = earlier.record()
    assert record is not None
    assert record.update == 3
    assert (run.path / "notes.txt").read_text() == "mine"
    assert run.free_earlier().name == "earlier-2"


def test_a_running_record_without_a_process_is_killed(run: RunFolder) -> None:
    """Its state is read from the lock, not from the file alone."""
    with open_run(run.path, resume=True) as opened:
        assert run.state() == "running"
        opened.update(update=4)
        record = run.record_path.read_text()
    assert run.state() == "finished"
    run.record_path.write_text(record)
    assert run.state() == "killed"


def test_a_free_neighbour_is_not_there_yet(run: RunFolder) -> None:
    """The first number from 2 that nothing has."""
    run.path.with_name("run-2").mkdir()

    assert run.free_neighbour() == run.path.with_name("run-3")
    assert run.size() > 0
    assert run.last_written() > 0
