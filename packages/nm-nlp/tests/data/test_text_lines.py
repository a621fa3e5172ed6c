"""Lines of text by their numbers are what reading the file line by line gives."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_nlp.data.text_lines import TextLines, count_decomposed, warn_of_composed
from nm_nlp.errors import ComposedTextWarning, ParallelTextError
from nm_torch.common import text_files, text_source
from nm_torch.common.text_files import compose, read_lines

pieces = st.lists(
    st.sampled_from(["a", "b\tc", "é", "e\u0301", "\ufeff", "\n", "\r", "\r\n", "\u2028", " "]), max_size=12
)


@given(pieces, st.sampled_from([2, 1 << 20]), st.sampled_from([0, 1 << 20]))
def test_lines_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, text: list[str], block: int, memory: int
) -> None:
    """In memory and from the file, with blocks of any size."""
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes("".join(text).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK", block)
        patch.setattr(text_source, "IN_MEMORY", memory)

        lines = TextLines(path)

        expected = [compose(line) for line in read_lines(path)]
        assert list(lines) == expected
        assert lines[:2] == expected[:2]
        assert list(pickle.loads(pickle.dumps(lines))) == expected
        assert lines.composed == sum(line != compose(line) for line in "".join(text).split("\n"))


def test_bad_lines_are_named(tmp_path: Path) -> None:
    """They are found when the file is read first."""
    (tmp_path / "text").write_bytes(b"one\n\xe9\n")
    with pytest.raises(ParallelTextError, match="text:2 is not UTF-8"):
        TextLines(tmp_path / "text")


def test_decomposed_lines_are_told() -> None:
    """A warning says how many there are; none means none."""
    assert count_decomposed(["e\u0301", "é", "e"]) == 1
    warn_of_composed("text", 0)
    with pytest.warns(ComposedTextWarning, match="text: 1 lines are not in Unicode's composed form"):
        warn_of_composed("text", 1)
