"""Parallel text is looked at and parted: lines stay pairs, and equal sources stay together."""

from pathlib import Path

import numpy
import pytest

from nm_core.scaffold import ScaffoldError
from nm_nlp.errors import ParallelTextError
from nm_nlp.recipes.parallel_data import ParallelData, write_lines


def read(folder: Path, source: list[str], target: list[str]) -> ParallelData:
    """Write two files and read them."""
    paths = folder / "text.en", folder / "text.de"
    for path, lines in zip(paths, (source, target), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return ParallelData.read(paths)


def test_a_twentieth_is_set_aside_and_pairs_stay_pairs(tmp_path: Path) -> None:
    """Each source line comes out in one part, in order, with its translation."""
    data = read(tmp_path, [f"s{n}" for n in range(100)], [f"t{n}" for n in range(100)])

    aside_N = data.set_aside()
    parts = [
        [b"".join(write_lines(lines, chosen_N)).decode().split() for lines in (data.source, data.target)]
        for chosen_N in (~aside_N, aside_N)
    ]

    assert [len(source) for source, _ in parts] == [95, 5]
    for source, target in parts:
        assert [line[1:] for line in source] == [line[1:] for line in target]
        assert source == sorted(source, key=lambda line: int(line[1:]))


def test_equal_sources_are_never_parted(tmp_path: Path) -> None:
    """A sentence that is scored was not learnt with another translation."""
    sources = [f"s{n % 10}" for n in range(100)]
    data = read(tmp_path, sources, [str(n) for n in range(100)])

    aside_N = data.set_aside()

    held_out = {sources[line] for line in numpy.flatnonzero(aside_N)}
    assert len(held_out) == 1
    assert int(aside_N.sum()) == 10


@pytest.mark.parametrize(
    ("source", "target", "error", "message"),
    [
        (["a"], ["b", "c"], ParallelTextError, "1"),
        (["", "a"], ["b", " "], ScaffoldError, "none of 2 pairs"),
        (["a", "a"], ["b", "c"], ScaffoldError, "one sentence only"),
    ],
)
def test_text_that_teaches_nothing_is_refused(
    tmp_path: Path, source: list[str], target: list[str], error: type[Exception], message: str
) -> None:
    """The message names the files."""
    with pytest.raises(error, match=f"text.en.*{message}"):
        read(tmp_path, source, target).set_aside()
