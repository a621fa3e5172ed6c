"""What a command writes replaces only what it may, and is tried before the work."""

from pathlib import Path
from typing import Any

import pytest

from nm_core.cli.exits import Exit
from nm_core.cli.output_file import OutputFileError, try_file, write_file

PYTHON = ("--backend", "python")


def test_a_drawing_replaces_drawings_and_nothing_else(nmod: Any, app: Path, environment: Path) -> None:
    """Drawn again in any form, but never over the application itself, notes or a folder."""
    text = app.read_bytes()
    for form in ("svg", "mermaid", "dot"):
        assert nmod("draw", app, "-o", "new/picture", "--format", form, *PYTHON).code == 0

    for name in (app.name, "words.txt", "new"):
        ended = nmod("draw", app, "-o", name, *PYTHON)
        assert ended.code in (Exit.PROBLEM, Exit.USAGE)
    assert app.read_bytes() == text
    assert (environment / "words.txt").stat().st_size > 0


def test_a_place_that_cannot_be_written_is_found_first(tmp_path: Path) -> None:
    """A file in the way of a folder; nothing stays where it can be written."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputFileError, match="cannot be written"):
        try_file(tmp_path / "file" / "x", replaces=bool, advice="")
    with pytest.raises(OutputFileError, match="Name another"):
        try_file(tmp_path / "file", replaces=lambda head: head != b"mine", advice="Name another.")

    try_file(tmp_path / "a" / "x", replaces=bool, advice="")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "file"]


def test_a_full_disk_keeps_the_older_file(tmp_path: Path) -> None:
    """The new one is written beside it."""
    (tmp_path / "x").write_text("older")

    def fill(path: Path) -> None:
        path.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputFileError, match="No space left on device"):
        write_file(tmp_path / "x", fill)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x", "older")]
