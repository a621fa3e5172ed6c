"""`nmod plot` draws runs into a file or to standard output, and overwrites nothing but pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

from nm_core.cli.exits import Exit
from nm_core.runs import open_run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make two runs, one of which is still open and has a damaged line."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        with open_run(tmp_path / "runs" / name) as run:
            run.update(update=20)
            lines = [{"event": "log", "step": step, "loss": 1 / step} for step in (10, 20)]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (tmp_path / "runs" / name / "log.jsonl").write_text(text + ("{\n" if name == "b" else ""))
    return tmp_path


def test_runs_are_drawn(nmod: Any, folder: Path) -> None:
    """To standard output, or into a file; what is damaged is told on standard error."""
    ended = nmod("plot", "runs/a", "runs/b")
    assert (ended.code, ended.out[:4]) == (Exit.DONE, "<svg")
    assert ended.err == "note: runs/b/log.jsonl: 1 damaged lines were passed over: 3.\n"
    ended = nmod("plot", "runs", "--smooth", "0.5", "--log", "-o", "out/curves.svg")
    assert (ended.code, ended.out) == (Exit.DONE, "")
    assert "out/curves.svg: runs/a, runs/b." in ended.err
    assert (folder / "out" / "curves.svg").read_text().startswith("<svg")


def test_points_are_printed_as_data(nmod: Any, folder: Path) -> None:
    """With --json, as one object."""
    data = json.loads(nmod("plot", "runs/a", "--json").out, parse_constant=pytest.fail)
    assert data["runs"]["runs/a"]["losses"] == {"loss": [[10, 0.1], [20, 0.05]]}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("runs/x",), Exit.PROBLEM, "no such folder"),
        ((), Exit.USAGE, "RUN..."),
        (("runs/a", "--smooth", "1"), Exit.USAGE, "--smooth"),
        (("runs/a", "-o", "x.png"), Exit.USAGE, "x.svg"),
        (("runs/a", "-o", "runs/a/run.json"), Exit.PROBLEM, "would be lost"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    nmod: Any, folder: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """Before anything is written."""
    ended = nmod("plot", *arguments)
    assert ended.code == code
    assert message in ended.err
