"""A factory takes its work directory for each training, for all processes of a run."""

from pathlib import Path
from typing import Any

import pytest
from nm_core_fake_backend import FakeSession, factory, speech
from nm_core_samples import Loss

from nm_core.cli.exits import Exit, report
from nm_core.runs import RunExistsError, RunFolder, RunLockedError


class CountingSession(FakeSession):
    """A session that tells the callbacks of an update."""

    def train(self, request: Any) -> Any:
        """Make one update."""
        from nm_core import Run

        run = Run("train", step=1)
        for callback in request.callbacks:
            callback.on_start(run)
            callback.on_end(run, "finished")
        return super().train(request)


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake backend make updates."""
    monkeypatch.setattr("nm_core_fake_backend.FakeSession", CountingSession)


def test_a_second_factory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    """Training the same losses again goes on; others, or another factory, would overwrite the run."""
    first, (loss, _) = factory(work_dir=tmp_path), speech()
    other = Loss(name="second")(**loss.call.inputs)
    first.train(loss, max_steps=1)
    first.train(loss, max_steps=2)

    with pytest.raises(RunExistsError, match="--resume"):
        first.train(other, max_steps=1)
    with pytest.raises(RunExistsError, match="restart=True"):
        factory(work_dir=tmp_path).train(speech()[0], max_steps=1)
    factory(work_dir=tmp_path).train(speech()[0], max_steps=1, restart=True)
    assert RunFolder(tmp_path / "earlier-1").holds_run()
    with pytest.raises(RunExistsError):
        first.train(loss, max_steps=3)  # the folder is no longer that of its run


def test_resume_takes_true(tmp_path: Path) -> None:
    """`resume=True` is "auto" to a backend, and False is nothing."""
    nf, (loss, _) = factory(work_dir=tmp_path), speech()
    nf.train(loss, max_steps=1, resume=True)
    assert nf.session.asked[-1].resume == "auto"
    nf.train(loss, max_steps=1, resume=False)
    assert nf.session.asked[-1].resume is None


def test_a_block_keeps_the_folder_between_training_and_saving(tmp_path: Path) -> None:
    """A training inside of it uses the open run; nobody else gets the folder before it ends."""
    nf, (loss, _) = factory(work_dir=tmp_path), speech()
    with nf.open_run() as run:
        nf.train(loss, max_steps=1)
        assert run is not None
        assert run.record.state == "finished"
        with pytest.raises(RunLockedError):
            factory(work_dir=tmp_path).train(speech()[0], max_steps=1, resume=True)


def test_only_rank_0_opens_and_a_refusal_reaches_every_rank(tmp_path: Path, capsys: Any) -> None:
    """Another rank writes nothing; it raises what rank 0 shares, and leaves it to rank 0 to say it."""
    follower, (loss, _) = factory(work_dir=tmp_path / "follower"), speech()
    follower.session.rank = 1
    follower.train(loss, max_steps=1)
    assert not (tmp_path / "follower").exists()
    assert len(follower.session.asked[-1].callbacks) == 0

    follower.session.share = lambda value: ["RunExistsError", "the folder holds a run"]
    with pytest.raises(RunExistsError, match="the folder holds a run") as caught:
        follower.train(loss, max_steps=2)
    assert report(caught.value, debug=False) == Exit.PROBLEM
    assert capsys.readouterr().err == ""


def test_without_a_work_dir_there_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    factory().train(speech()[0], max_steps=1)

    assert not list(tmp_path.iterdir())
