"""Bytes of text files can be read again from any place, and are never others than those that were checked."""

import copy
import os
import pickle
from pathlib import Path

import pytest

from nm_torch.common import text_files
from nm_torch.common.errors import TextFileError
from nm_torch.common.text_source import TextSource


@pytest.mark.parametrize("memory", [0, 100])
def test_blocks_hold_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    """Lines longer than a block are joined; places count the byte order mark, which belongs to none."""
    monkeypatch.setattr(text_files, "BLOCK", 4)
    path = tmp_path / "text"
    path.write_bytes("\ufeffa\nlonger than a block\n\nend".encode())

    source = TextSource(path, memory=memory)
    blocks = list(source.blocks())

    assert b"".join(block for _, block in blocks) == path.read_bytes()[3:]
    assert all(block.endswith(b"\n") for _, block in blocks[:-1])
    assert all(source.read(start, start + len(block)) == block for start, block in blocks)
    assert pickle.loads(pickle.dumps(source)).read(3, 5) == copy.deepcopy(source).read(3, 5) == b"a\n"


def test_a_file_that_changes_is_refused(tmp_path: Path) -> None:
    """A file read in parts must stay what was checked; a copy of the same bytes is the same."""
    path = tmp_path / "text"
    path.write_text("one\ntwo\n", encoding="utf-8")
    source, held = TextSource(path, memory=0), TextSource(path)
    assert list(source.blocks()) == [(0, b"one\ntwo\n")]

    os.utime(path, (1, 1))
    assert source.read(4, 7) == b"two"
    path.write_text("one\nzwo\n", encoding="utf-8")
    with pytest.raises(TextFileError, match="has changed since it was read and checked"):
        source.read(4, 7)
    path.unlink()
    with pytest.raises(TextFileError, match="No such file"):
        source.read(4, 7)
    assert held.read(4, 7) == b"two"
    assert list(TextSource("/dev/null").blocks()) == []
