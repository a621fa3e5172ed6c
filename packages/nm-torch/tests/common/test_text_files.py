"""Lines of text files."""

from pathlib import Path

import pytest

from nm_torch.common.errors import TextFileError
from nm_torch.common.text_files import read_lines


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    """Other separators of Unicode and lone carriage returns stay inside their line, as `wc -l` counts."""
    path = tmp_path / "text"
    path.write_bytes("one\r\ntwo\u2028still two\rand more\n\nlast".encode())

    assert list(read_lines(path)) == ["one", "two\u2028still two\rand more", "", "last"]


def test_a_bad_byte_is_named_by_its_line(tmp_path: Path) -> None:
    """The message names the file and the line."""
    path = tmp_path / "text"
    path.write_bytes(b"fine\n\xff\n")
    with pytest.raises(TextFileError, match="text:2 is not UTF-8"):
        list(read_lines(path))
    with pytest.raises(TextFileError, match="No such file"):
        list(read_lines(tmp_path / "missing"))
