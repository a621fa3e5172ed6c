"""`nmod runs` lists runs and shows one."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from nm_core.cli.exits import Exit
from nm_core.cli.runs import format_size
from nm_core.runs import RunFolder, open_run

PYTHON = ("--backend", "python")


def test_a_training_is_listed_and_shown(nmod: Any, app: Path, environment: Path) -> None:
    """With its state, scores, best and process, as a table and as JSON."""
    assert nmod("train", app, "--quiet", "--work-dir", "runs/a", *PYTHON).code == 0
    run = RunFolder(environment / "runs" / "a")
    with open_run(run.path, resume=True, opening=run.record().opening) as opened:  # type: ignore[union-attr]
        best = {"metric": "dev.wer", "mode": "min", "value": 0.125, "update": 3}
        opened.update(update=4, scores={"dev.wer": {"value": 0.5, "update": 4}}, best=best)

    listing = nmod("runs").out
    shown = nmod("runs", "show", "runs/a").out

    for part in ("runs/a", "finished", "dev.wer 0.5", "dev.wer 0.125 at 3", f"{os.getpid()} on "):
        assert part in listing
        assert part.replace("dev.wer 0.5", "dev.wer 0.5 at 4") in shown
    assert "runs/a/application" in shown
    (facts,) = json.loads(nmod("runs", "--json").out)["runs"]
    assert facts == json.loads(nmod("runs", "show", "runs/a", "--json").out)
    assert (facts["update"], facts["best"]["value"]) == (4, 0.125)


def test_a_training_into_a_run_is_refused_with_the_ways_out(nmod: Any, app: Path, environment: Path) -> None:
    """With exit code 1 and nothing changed; --resume goes on, --restart moves it aside, not both."""
    assert nmod("train", app, "--quiet", *PYTHON).code == 0
    before = (environment / "runs" / "application" / "manifest.json").read_bytes()

    ended = nmod("train", app, "--quiet", "--set", "width=4", *PYTHON)
    assert ended.code == Exit.PROBLEM
    for part in ("holds a run already", "--resume", "--restart", "--work-dir"):
        assert part in ended.err
    assert (environment / "runs" / "application" / "manifest.json").read_bytes() == before

    assert nmod("train", app, "--quiet", "--restart", "--resume", *PYTHON).code == Exit.USAGE
    assert nmod("train", app, "--quiet", "--restart", "--set", "width=4", *PYTHON).code == 0
    assert (environment / "runs" / "earlier-1" / "application" / "manifest.json").read_bytes() == before


def test_an_application_is_not_moved_away_from_under_its_own_training(nmod: Any, app: Path, environment: Path) -> None:
    """--restart of the run that it stands in; in another folder it may begin anew."""
    assert nmod("train", app, "--quiet", *PYTHON).code == 0
    saved = environment / "runs" / "application"

    ended = nmod("train", saved, "--quiet", "--restart", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert "would move aside" in ended.err.replace("\n", " ")
    assert saved.is_dir()
    assert nmod("train", saved, "--quiet", "--work-dir", environment / "b", *PYTHON).code == 0


@pytest.mark.parametrize("arguments", [("a", "b"), ("show",), ("show", "a", "b")])
def test_too_many_words_are_a_usage_error(nmod: Any, arguments: tuple[str, ...]) -> None:
    """One folder, or show and one run."""
    assert nmod("runs", *arguments).code == Exit.USAGE


def test_folders_without_runs_are_told(nmod: Any, environment: Path) -> None:
    """An empty list is no error, a folder that is not there is one, and so is a run that is none."""
    shutil.rmtree(environment / "runs", ignore_errors=True)
    (environment / "empty").mkdir()

    assert nmod("runs").out == "There is no run in runs.\n"
    assert json.loads(nmod("runs", "empty", "--json").out) == {"runs": []}
    assert nmod("runs", "nowhere").code == Exit.PROBLEM
    assert nmod("runs", "show", "empty").code == Exit.PROBLEM


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 29, "1.5 GiB")])
def test_sizes_are_read_at_a_glance(size: int, text: str) -> None:
    """In units of 1024."""
    assert format_size(size) == text
