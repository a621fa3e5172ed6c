"""Lines of text files."""

from pathlib import Path

import pytest

from nm_torch.common import text_files
from nm_torch.common.errors import TextFileError
from nm_torch.common.text_files import read_lines


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    """Other separators of Unicode and lone carriage returns stay inside their line, as `wc -l` counts."""
    path = tmp_path / "text"
    path.write_bytes("one\r\ntwo\u2028still two\rand more\n\nlast".encode())

    assert list(read_lines(path)) == ["one", "two\u2028still two\rand more", "", "last"]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """It is skipped at the beginning, and where one file was put behind another; elsewhere it is a character."""
    path = tmp_path / "text"
    path.write_bytes("\ufeffone\n\ufefftwo\ufeff\n".encode())

    assert list(read_lines(path)) == ["one", "two\ufeff"]
    path.write_bytes("\ufeff".encode())
    assert list(read_lines(path)) == []


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_told(tmp_path: Path, form: str) -> None:
    """The message says how to convert it."""
    path = tmp_path / "text"
    path.write_text("one\n", encoding=form)
    with pytest.raises(TextFileError, match=r"cannot be read as UTF-8 text: it seems to be UTF-..\.\n.*iconv -f UTF"):
        list(read_lines(path))


def test_a_nul_is_named_by_its_line(tmp_path: Path) -> None:
    """No text has one; it comes of binary files and of disks that failed."""
    path = tmp_path / "text"
    path.write_bytes(b"one\ntwo\nth\0ree\n")
    with pytest.raises(TextFileError, match="text:3 has a NUL character"):
        list(read_lines(path))


@pytest.mark.parametrize("end", ["", "\n"])
def test_lines_are_the_same_however_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """Blocks smaller than a line change nothing; tabs, spaces and empty lines stay."""
    lines = ["a\tb", "", " ", "ü" * 9, "x"]
    path = tmp_path / "text"
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    monkeypatch.setattr(text_files, "BLOCK", 3)

    assert list(read_lines(path)) == lines


def test_a_bad_byte_is_named_by_its_line(tmp_path: Path) -> None:
    """The message names the file and the line."""
    path = tmp_path / "text"
    path.write_bytes(b"fine\n\xff\n")
    with pytest.raises(TextFileError, match="text:2 is not UTF-8"):
        list(read_lines(path))
    with pytest.raises(TextFileError, match="No such file"):
        list(read_lines(tmp_path / "missing"))
