"""A command reads the file of its application once."""

import os
from pathlib import Path
from typing import Any

import pytest

from nm_core.application.saved import document
from nm_core.cli.launch import LAUNCH_FILE

PYTHON = ("--backend", "python")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each file of an application that is read."""
    files: list[str] = []
    for name in ("read_bytes", "read_member"):
        original: Any = getattr(document, name)

        def noted(path: Path, *arguments: Any, original: Any = original) -> Any:
            files.append(Path(path).name)
            return original(path, *arguments)

        monkeypatch.setattr(document, name, noted)
    return files


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("draw",),
        ("train", "--quiet"),
        ("train", "--quiet", "--set", "width=7"),
        ("train", "--quiet", "--work-dir", "run"),
        ("eval",),
        ("infer", "--graph", "eval"),
    ],
    ids=" ".join,
)
def test_a_file_is_read_once(nmod: Any, app: Path, reads: list[str], arguments: tuple[str, ...]) -> None:
    """Whatever a command does with an application, and whatever is changed in it."""
    command, *options = arguments

    ended = nmod(command, app, *options, *PYTHON)

    assert ended.code == 0, ended.err
    assert reads == [app.name]


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_a_saved_application_is_read_once(nmod: Any, app: Path, reads: list[str], name: str) -> None:
    """A folder or an archive is read as a file is."""
    assert nmod("train", app, "--quiet", "--save", name, *PYTHON).code == 0
    del reads[:]

    assert nmod("eval", name, *PYTHON).code == 0
    assert len(reads) == 1


def test_processes_take_over_what_the_first_one_read(
    nmod: Any, app: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --nproc the first process reads, and the others train what it read, though the file is another one by then.

    Paths still count from the folder of the file.
    """
    started: list[Any] = []
    monkeypatch.setattr("nm_core.cli.launch.find_spec", lambda name: object())
    monkeypatch.setattr(os, "execve", lambda *call: started.append(call))
    monkeypatch.chdir("/")
    nmod("train", app, "--quiet", "--nproc", "2", "--work-dir", app.parent / "first", *PYTHON)
    file = Path(started[0][2][LAUNCH_FILE])
    del reads[:]

    app.write_text("nothing that could be read")
    monkeypatch.setenv(LAUNCH_FILE, str(file))
    ended = nmod("train", app, "--quiet", "--work-dir", app.parent / "run", *PYTHON)
    file.unlink()

    assert ended.code == 0, ended.err
    assert reads == []
    assert (app.parent / "run" / "application" / "manifest.json").is_file()


def test_another_application_is_read_by_itself(
    nmod: Any, app: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a training starts is not taken for the application of its launch."""
    file = tmp_path / "launch.json"
    file.write_text('{"application": "/elsewhere/app.yaml", "text": ""}')
    monkeypatch.setenv(LAUNCH_FILE, str(file))

    assert nmod("train", app, "--quiet", *PYTHON).code == 0
    assert reads == [app.name]
