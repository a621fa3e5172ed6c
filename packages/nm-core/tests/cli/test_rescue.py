"""A training that ends finds a place for its weights, and finds out first whether its own can be written."""

import json
from pathlib import Path
from typing import Any

import pytest

from nm_core.application import Application, ApplicationError, load_application
from nm_core.callbacks.run_recorder import RunRecorder
from nm_core.cli.exits import Exit
from nm_core.runs import RunFolder

PYTHON = ("--backend", "python")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count the trainings."""
    import nm_core_speech

    requests: list[Any] = []
    train = nm_core_speech.PythonSession.train
    monkeypatch.setattr(
        nm_core_speech.PythonSession, "train", lambda self, request: (requests.append(request), train(self, request))[1]
    )
    return requests


@pytest.mark.parametrize("save", ["file/saved", "file", "/proc/saved", "saved", "other"])
def test_a_place_that_cannot_be_had_is_found_before_the_training(
    nmod: Any, app: Path, environment: Path, counted: list[Any], save: str
) -> None:
    """A file in the way, a place where nobody may write, an older application, a folder of something else."""
    (environment / "file").write_text("mine")
    (environment / "other").mkdir()
    (environment / "other" / "thesis").write_text("mine")
    if save == "saved":
        assert nmod("train", app, "--quiet", "--save", "saved", "--work-dir", "first", *PYTHON).code == 0
        counted.clear()

    ended = nmod("train", app, "--quiet", "--save", save, *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert save in ended.err
    assert not counted
    if save == "saved":
        assert "--overwrite" in ended.err
        assert nmod("train", app, "--quiet", "--save", save, "--overwrite", *PYTHON).code == 0


def test_a_run_that_goes_on_replaces_what_it_saved(nmod: Any, app: Path, environment: Path) -> None:
    """Elsewhere, too, unless somebody has saved something else there since."""
    arguments = ("train", app, "--quiet", "--save", "saved", *PYTHON)
    assert nmod(*arguments).code == 0
    assert nmod(*arguments, "--resume").code == 0
    load_application(app, backend="python", changes={"width": "4"}).save(environment / "saved", overwrite=True)

    ended = nmod(*arguments, "--resume")

    assert ended.code == Exit.PROBLEM
    assert "is a saved application already" in ended.err


def test_a_place_that_fails_at_the_end_costs_no_weights(
    nmod: Any, app: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are saved in the folder of the run, or where there is room, and the message says where."""
    save = Application.save
    full: list[Path] = []

    def refuse(self: Application, path: Path, **options: Any) -> Path:
        if any(part in Path(path).parts for part in full):
            raise ApplicationError(f"{path} cannot be written: No space left on device.")
        return save(self, path, **options)

    monkeypatch.setattr(Application, "save", refuse)
    monkeypatch.setenv("TMPDIR", str(environment / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (environment / "tmp").mkdir()

    full[:] = ["elsewhere"]  # type: ignore[list-item]
    ended = nmod("train", app, "--quiet", "--save", "elsewhere", *PYTHON)
    assert ended.code == Exit.PROBLEM
    assert "No space left on device" in ended.err
    assert f"It is saved in {environment / 'runs' / 'application'} instead" in ended.err.replace("\n", " ")
    record = RunFolder(environment / "runs").record()
    assert record is not None
    assert (record.state, record.reason) == ("failed", "not saved where it should be")
    assert load_application(environment / "runs" / "application", backend="python").has_weights

    full[:] = ["elsewhere", "runs"]  # type: ignore[list-item]
    ended = nmod("train", app, "--quiet", "--restart", "--save", "elsewhere", *PYTHON)
    assert ended.code == Exit.PROBLEM
    (rescued,) = (environment / "tmp" / "nm-rescued").iterdir()
    assert str(rescued) in ended.err
    assert load_application(rescued, backend="python").has_weights


def test_a_checkpoint_of_the_last_update_is_named(
    nmod: Any, app: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that saves it elsewhere stands in the message."""
    import nm_core_speech

    train = nm_core_speech.PythonSession.train

    def with_checkpoint(self: Any, request: Any) -> Any:
        from nm_core import Run

        result = train(self, request)
        run = Run("train", step=result.step, work_dir=environment / "runs")
        recorder = next(callback for callback in request.callbacks if isinstance(callback, RunRecorder))
        recorder.on_checkpoint(run, environment / "runs" / "checkpoints" / "000001-step-4")
        return result

    def refuse(*arguments: Any, **options: Any) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nm_core_speech.PythonSession, "train", with_checkpoint)
    monkeypatch.setattr(Application, "save", refuse)

    ended = nmod("train", app, "--quiet", "--save", "elsewhere", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert "checkpoints/000001-step-4. To save them: nmod train" in ended.err
    assert "--resume --save ELSEWHERE" in ended.err
    record = json.loads(RunFolder(environment / "runs").record_path.read_text())
    assert record["checkpoint"] == {"path": "checkpoints/000001-step-4", "update": 4}
