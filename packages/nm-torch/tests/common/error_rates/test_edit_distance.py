"""Edits are the fewest, by an independent search."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from nm_torch.common.error_rates.edit_distance import Edits, count_edits

WORDS = st.lists(st.sampled_from("abc"), max_size=6)


def fewest(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> set[tuple[int, int, int]]:
    """Return (substitutions, insertions, deletions) of every best alignment, by trying all of them."""

    @cache
    def ways(i: int, j: int) -> frozenset[tuple[int, int, int]]:
        if i == len(reference) and j == len(hypothesis):
            return frozenset({(0, 0, 0)})
        counts = set()
        if i < len(reference) and j < len(hypothesis):
            wrong = int(reference[i] != hypothesis[j])
            counts |= {(s + wrong, n, d) for s, n, d in ways(i + 1, j + 1)}
        if j < len(hypothesis):
            counts |= {(s, n + 1, d) for s, n, d in ways(i, j + 1)}
        if i < len(reference):
            counts |= {(s, n, d + 1) for s, n, d in ways(i + 1, j)}
        return frozenset(counts)

    every = ways(0, 0)
    least = min(map(sum, every))
    return {way for way in every if sum(way) == least}


@given(WORDS, WORDS)
def test_no_alignment_is_better(reference: list[str], hypothesis: list[str]) -> None:
    """The counts are those of a best alignment, and among these of one with the most substitutions."""
    best = fewest(tuple(reference), tuple(hypothesis))
    counts = count_edits(reference, hypothesis)

    assert (counts.substitutions, counts.insertions, counts.deletions) in best
    assert counts.substitutions == max(substitutions for substitutions, _, _ in best)
    assert counts.length == len(reference)


@given(WORDS, WORDS, WORDS)
def test_edits_are_a_distance(first: list[str], second: list[str], third: list[str]) -> None:
    """Zero only for equal sequences, the same both ways, and no detour is shorter."""
    assert (count_edits(first, second).errors == 0) == (first == second)
    assert count_edits(first, second).errors == count_edits(second, first).errors
    assert count_edits(first, third).errors <= count_edits(first, second).errors + count_edits(second, third).errors


def test_edits_add_up() -> None:
    """Counts of several utterances are added field by field."""
    assert count_edits("abc", "axc") + count_edits("ab", "abb") == Edits(1, 1, 0, 5)
