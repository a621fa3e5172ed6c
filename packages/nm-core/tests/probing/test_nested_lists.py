"""Parts of nested lists, and how far two values are apart."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_core.probing.nested_lists import cut, distance, overlay, shape, stack, take


def filled(shape: list[int], value: int) -> object:
    """Return nested lists of one number."""
    return [filled(shape[1:], value) for _ in range(shape[0])] if shape else value


SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@given(SHAPES, st.data())
def test_what_is_taken_apart_is_put_together(sizes: list[int], data: st.DataObject) -> None:
    """Along any axis."""
    axis = data.draw(st.integers(0, len(sizes) - 1))
    rows = stack([filled([*sizes[:axis], *sizes[axis + 1 :]], number) for number in range(sizes[axis])], axis)

    assert shape(rows) == tuple(sizes)
    assert stack([take(rows, axis, index) for index in range(sizes[axis])], axis) == rows


@given(SHAPES, st.data())
def test_what_is_laid_on_a_ground_is_cut_out_again(sizes: list[int], data: st.DataObject) -> None:
    """And the ground has kept its shape, and its other entries."""
    limits = [data.draw(st.integers(0, size)) for size in sizes]
    larger = [size + data.draw(st.integers(0, 2)) for size in sizes]

    found = overlay(filled(sizes, 1), filled(larger, 2), limits)

    assert shape(found) == tuple(larger)
    assert cut(found, limits) == cut(filled(sizes, 1), limits)
    assert sum(entry == 1 for entry in _entries(found)) == math.prod(limits)


def _entries(rows: object) -> list[object]:
    return [entry for row in rows for entry in _entries(row)] if isinstance(rows, list) else [rows]


@dataclass
class Word:
    """An object of a decoder."""

    text: str
    end: float


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 4.0], [1.0, 5.0], 0.2),
        ([1e-3, 0.0], [1e-3, 1e-4], 0.1),
        ([math.nan, math.inf], [math.nan, math.inf], 0.0),
        ([math.inf], [1.0], math.inf),
        ([1.0], [[1.0]], math.inf),
        ([1.0], [1.0, 2.0], math.inf),
        ([True], [False], math.inf),
        (None, 1.0, math.inf),
        ([Word("a", 1.0)], [Word("a", 0.5)], 0.5),
        ([Word("a", 1.0)], [Word("b", 1.0)], math.inf),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}, 0.0),
    ],
)
def test_distance_is_over_the_largest_number(one: object, other: object, apart: float) -> None:
    """Where form, text or truth values differ, there is no number for it."""
    assert distance(one, other) == pytest.approx(apart)
    assert distance(other, one) == pytest.approx(apart)
