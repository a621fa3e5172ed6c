"""Reading, storing and filtering parallel text."""

from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_nlp import CharacterTokenizer
from nm_nlp.data import parallel_text
from nm_nlp.data.parallel_text import FilterReport, TokenStore, filter_pairs
from nm_nlp.errors import ParallelTextError


def test_a_bad_byte_is_named_by_its_line(tmp_path: Path) -> None:
    """A file that cannot be read as text is an error of parallel text; the line is named."""
    path = tmp_path / "text"
    path.write_bytes(b"fine\n\xff\n")
    with pytest.raises(ParallelTextError, match="text:2 is not UTF-8"):
        TokenStore.encode(path, CharacterTokenizer("ab"))
    with pytest.raises(ParallelTextError, match="No such file"):
        TokenStore.encode(tmp_path / "missing", CharacterTokenizer("ab"))


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=9), st.sampled_from([10, 1 << 16, 1 << 17]))
def test_a_store_gives_back_its_lines(lines: list[list[int]], size: int) -> None:
    """Lines and lengths are those that went in, empty ones too, across chunks."""
    before = parallel_text.CHUNK
    parallel_text.CHUNK = 4
    try:
        store = TokenStore(iter(lines), vocabulary_size=size)
    finally:
        parallel_text.CHUNK = before

    assert [store[i].tolist() for i in range(len(store))] == lines
    assert store.lengths.tolist() == [len(line) for line in lines]


def test_files_are_encoded_line_by_line(tmp_path: Path) -> None:
    """Spaces around a line are no tokens."""
    path = tmp_path / "text"
    path.write_text(" ab \n\nb\n", encoding="utf-8")

    store = TokenStore.encode(path, CharacterTokenizer("ab"))

    assert [store[i].tolist() for i in range(3)] == [[4, 5], [], [5]]


def test_a_store_is_small() -> None:
    """A token takes two bytes, or four where there are more than 65,536 ids; a line takes eight."""
    for size, bytes_per_token in ((1 << 16, 2), (1 << 17, 4)):
        store = TokenStore([[size - 1, 0]] * 5, vocabulary_size=size)
        assert store[4].tolist() == [size - 1, 0]
        assert store._ids.values.nbytes == 10 * bytes_per_token
        assert store._starts.values.nbytes == 6 * 8


def test_lines_are_encoded_in_composed_form(tmp_path: Path) -> None:
    """Decomposed lines are counted, byte order marks and line ends of Windows are no tokens."""
    path = tmp_path / "text"
    path.write_bytes("\ufeffe\u0301\r\n\u00e9\r\n\ufeffe\r\n".encode())

    store = TokenStore.encode(path, CharacterTokenizer(["e", "\u00e9"]))

    assert [store[i].tolist() for i in range(3)] == [[5], [5], [4]]
    assert store.composed == 1


lengths = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20)


@given(lengths, st.none() | st.integers(1, 9), st.none() | st.floats(1.0, 4.0))
def test_every_pair_is_kept_or_counted_once(
    pairs: list[tuple[int, int]], max_length: int | None, max_ratio: float | None
) -> None:
    """Pairs that pass obey every limit, the others break one, and the counts add up."""
    source, target = (numpy.array(side) for side in zip(*pairs, strict=True))

    passed, report = filter_pairs(source, target, max_length=max_length, max_ratio=max_ratio)

    assert report.pairs == len(pairs)
    assert report.kept == len(passed)
    assert report.kept + report.empty + report.too_long + report.ratio == report.pairs
    for index, (source_length, target_length) in enumerate(pairs):
        fits = min(source_length, target_length) > 0
        fits &= max_length is None or max(source_length, target_length) <= max_length
        fits &= max_ratio is None or max(source_length, target_length) <= max_ratio * min(source_length, target_length)
        assert fits == (index in passed)


def test_a_report_is_a_sentence() -> None:
    """It gives every reason that occurred and no other."""
    assert str(FilterReport(10, 10)) == "10 of 10 pairs kept"
    report = FilterReport(10, 4, empty=1, too_long=2, ratio=3)
    assert str(report) == "4 of 10 pairs kept; left out: 1 with an empty side, 2 too long, 3 of unlike length"
