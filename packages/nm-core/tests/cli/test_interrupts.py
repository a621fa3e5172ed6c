"""Ctrl-C at any moment: exit code 130, one line, no traceback, nothing half written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nm_core.cli.exits import Exit
from nm_core.runs import RunFolder

PYTHON = ("--backend", "python")
ONE_LINE = "Interrupted."
OF_A_RUN = ("runs/run.json", "runs/run.lock", "runs/log.jsonl")

DRIVER = Path(__file__).with_name("nm_core_interrupting.py")


@pytest.fixture
def interrupt(app, environment):
    """Run a command in a process of its own and interrupt it at a moment; return its exit code, output and errors."""

    def run(moment: str, *arguments: object, times: int = 1) -> tuple[int, str, str]:
        command = [sys.executable, str(DRIVER), moment, str(times), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
        return done.returncode, done.stdout, "\n".join(lines).strip()  # a line is ended behind the ^C of a terminal

    return run


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("times", [1, 30])
@pytest.mark.parametrize(
    "moment",
    ["nm_core", "nm_types.meanings.kinds", "click", "nm_core.plugins", "nm_core.cli.check", "yaml", "nm_core_speech"],
)
def test_an_interrupt_during_imports_is_one_line(interrupt, app, moment, times) -> None:
    """From the first import to the last, pressed once or again and again."""
    assert interrupt(moment, "check", app, *PYTHON, times=times) == (Exit.INTERRUPTED, "", ONE_LINE)


@pytest.mark.parametrize(
    ("moment", "command"),
    [
        ("nm_core.application.text:read_yaml", "check"),
        ("nm_core.application.checking.graphs:record_call", "check"),
        ("nm_core_speech:Frames.forward", "eval"),
        ("nm_core_speech:Decoder.forward", "eval"),
        ("nm_core_speech:PythonSession.train", "train"),
        ("nm_core_speech:PythonSession.save_weights", "train"),
        ("nm_core.application.saved.folder:_write_manifest", "train"),
        ("nm_core.drawing:svg", "draw"),
    ],
)
@pytest.mark.parametrize("times", [1, 30])
def test_an_interrupt_at_work_is_one_line_and_leaves_no_file(
    interrupt, app, environment, moment, command, times
) -> None:
    """While a file is read or checked, data is opened, a step runs, weights are written or a picture is drawn."""
    before = files(environment)
    options = ["-o", "picture.svg"] if command == "draw" else ["--quiet"] if command == "train" else []
    code, out, err = interrupt(moment, command, app, *options, *PYTHON, times=times)
    assert (code, out, err) == (Exit.INTERRUPTED, "", ONE_LINE)
    assert {name: content for name, content in files(environment).items() if name not in OF_A_RUN} == before
    if (environment / "runs").exists():
        assert RunFolder(environment / "runs").state() in ("interrupted", "failed")


@pytest.mark.parametrize("moment", ["nm_types.meanings.kinds", "nm_core_speech", "nm_core.application.text:read_yaml"])
def test_a_termination_is_an_interrupt(interrupt, app, moment) -> None:
    """SIGTERM ends a command as Ctrl-C does."""
    assert interrupt(moment, "check", app, *PYTHON, times=0) == (Exit.INTERRUPTED, "", ONE_LINE)


def test_a_picture_is_replaced_whole(interrupt, app, environment) -> None:
    """Interrupted while it is written, an older picture is still there."""
    (environment / "picture.svg").write_text("<svg>older")

    assert interrupt("os:replace", "draw", app, "-o", "picture.svg", *PYTHON)[0] == Exit.INTERRUPTED
    assert sorted(path.name for path in environment.iterdir()) == [
        "app.yaml",
        "dev.txt",
        "picture.svg",
        "train.txt",
        "words.txt",
    ]
    assert (environment / "picture.svg").read_text() == "<svg>older"


def test_saving_again_keeps_the_older_application(interrupt, nmod, app, environment) -> None:
    """Interrupted while it is replaced, the saved application is the older one, whole."""
    assert nmod("train", app, "--quiet", "--save", "saved", *PYTHON).code == 0
    before = files(environment / "saved")

    code, _, err = interrupt(
        "nm_core.application.saved.folder:_move_into_place",
        *("train", app, "--quiet", "--resume", "--save", "saved", "--set", "width=4", *PYTHON),
    )

    assert (code, err) == (Exit.INTERRUPTED, ONE_LINE)
    assert files(environment / "saved") == before
    assert nmod("eval", environment / "saved", *PYTHON).code == 0


def test_what_was_printed_before_stays_readable(interrupt, app) -> None:
    """Records that were printed are whole lines of JSON."""
    code, out, err = interrupt(
        "nm_core.json_text:_convert", "infer", app, "--graph", "eval", "--json", *PYTHON, times=30
    )

    assert code in (0, Exit.INTERRUPTED)
    assert err in ("", ONE_LINE)
    assert all(json.loads(line) for line in out.splitlines())
