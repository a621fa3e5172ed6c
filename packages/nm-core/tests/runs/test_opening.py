"""A folder that holds a run is refused unless someone says what becomes of it, and what cannot be written is told."""

import os
from pathlib import Path

import pytest

from nm_core.runs import RunExistsError, RunFolder, RunLockedError, RunWriteError, open_run


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The folder of a run with an update and a checkpoint."""
    folder = tmp_path / "runs" / "a"
    with open_run(folder) as run:
        run.update(update=30, scores={"dev.wer": {"value": 0.25, "update": 30}})
    (folder / "checkpoints" / "000001-step-30").mkdir(parents=True)
    return folder


def test_a_second_run_is_refused_with_the_ways_out(held: Path) -> None:
    """The message names how far the run is, both options for the command and for Python, and a free folder."""
    before = (held / "run.json").read_bytes()

    with pytest.raises(RunExistsError) as caught, open_run(held):
        pytest.fail("it was opened")

    said = str(caught.value)
    for part in ("finished at update 30", "dev.wer 0.25", f"process {os.getpid()}", "--resume", "resume=True"):
        assert part in said
    for part in ("--restart", "restart=True", "earlier-1", f"--work-dir {held}-2"):
        assert part in said
    assert (held / "run.json").read_bytes() == before


def test_a_record_that_cannot_be_read_is_kept_beside_the_new_one(held: Path) -> None:
    """A damaged or newer record is never overwritten in silence."""
    (held / "run.json").write_text("[1, 2]", encoding="utf-8")

    with open_run(held, resume=True) as run:
        assert any("run.unreadable" in note for note in run.notes)
    assert (held / "run.unreadable").read_text(encoding="utf-8") == "[1, 2]"


@pytest.mark.parametrize("resume", [True, "auto", "checkpoints/000001-step-30"])
def test_a_run_that_goes_on_keeps_its_past(held: Path, resume: object) -> None:
    """With resume the record goes on, the same beginning with another process at work."""
    path = held / resume if isinstance(resume, str) and "/" in resume else resume
    started = RunFolder(held).record().started  # type: ignore[union-attr]

    with open_run(held, resume=path) as run:  # type: ignore[arg-type]
        assert (run.record.update, run.record.state, run.record.started) == (30, "running", started)


def test_a_restart_moves_the_run_and_says_where(held: Path) -> None:
    """Nothing of it is removed."""
    with open_run(held, restart=True) as run:
        assert run.record.update == 0
        assert run.notes == (f"The run that was in {held} is now in {held / 'earlier-1'}.",)

    assert RunFolder(held / "earlier-1").has_checkpoints()
    assert not RunFolder(held).holds_run()


def test_a_checkpoint_of_another_run_does_not_go_on_here(held: Path, tmp_path: Path) -> None:
    """It would mix two runs; in a free folder it may."""
    with pytest.raises(RunExistsError, match="a checkpoint of another one"), open_run(held, resume=tmp_path / "b"):
        pytest.fail("it was opened")
    with open_run(tmp_path / "free", resume=held / "checkpoints" / "000001-step-30"):
        pass


def test_a_finished_run_without_checkpoints_has_nothing_to_resume(tmp_path: Path) -> None:
    """Its application would be overwritten by a training that begins anew."""
    (tmp_path / "application").mkdir()

    with pytest.raises(RunExistsError, match="without checkpoints"), open_run(tmp_path, resume=True):
        pytest.fail("it was opened")


def test_a_run_that_made_no_update_is_no_obstacle(tmp_path: Path) -> None:
    """It failed before it had anything that could be lost."""
    with pytest.raises(ValueError, match="a wrong option"), open_run(tmp_path):
        raise ValueError("a wrong option")
    assert RunFolder(tmp_path).state() == "failed"

    with open_run(tmp_path) as run:
        assert run.record.state == "running"


def test_a_folder_in_use_is_refused_with_its_owner(held: Path) -> None:
    """Whatever was said about resuming."""
    with (
        open_run(held, resume=True),
        pytest.raises(RunLockedError, match=rf"this process \({os.getpid()}\).*\n.*--work-dir {held}-2"),
        open_run(held, restart=True),
    ):
        pytest.fail("it was opened twice")


def test_an_interrupted_block_leaves_that_in_the_record(tmp_path: Path) -> None:
    """Ctrl-C before the training had a chance to say so itself."""
    with pytest.raises(KeyboardInterrupt), open_run(tmp_path):
        raise KeyboardInterrupt

    assert RunFolder(tmp_path).state() == "interrupted"


@pytest.mark.parametrize("way", ["the folder", "a parent", "checkpoints", "application", "log.jsonl", "read-only"])
def test_what_cannot_be_written_is_found_before_the_training(tmp_path: Path, way: str) -> None:
    """A file in the way of any folder, a folder in the way of the log, a place where nobody may write."""
    folder = tmp_path / "runs" / "a"
    if way in ("checkpoints", "application"):
        folder.mkdir(parents=True)
        (folder / way).write_text("")
    elif way == "log.jsonl":
        (folder / way).mkdir(parents=True)
    elif way == "the folder":
        folder.parent.mkdir()
        folder.write_text("")
    elif way == "a parent":
        folder.parent.write_text("")
    elif way == "read-only":
        folder = Path("/proc/a")  # even the superuser cannot write here
        if not folder.parent.is_dir():
            pytest.skip("there is no such place here")

    with pytest.raises(RunWriteError, match="Nothing was trained"), open_run(folder, resume=True):
        pytest.fail("it was opened")
