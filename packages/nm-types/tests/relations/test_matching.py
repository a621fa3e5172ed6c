"""Orders of axes: what tags alone allow, checked against all permutations."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import NeuralType
from nm_types.relations import EQUAL, LESS, order_of_axes, orders_that_fit, unique_order
from nm_types.relations.matching import is_reordered
from nm_types.relations.orders import sizes_clash

TAGS = ("Batch", "Time", "ProcessedTime", "Channel", "Spectrogram", "Encoded")
axes = st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(["", ":2", ":3", ":t"])), min_size=1, max_size=4).map(
    lambda parts: NeuralType(" ".join(tag + size for tag, size in parts)).axes
)


@given(axes, axes)
def test_orders_are_those_that_trying_finds(output: tuple, input: tuple) -> None:  # type: ignore[type-arg]
    """The fast search finds exactly the permutations in which every axis fits."""
    found = orders_that_fit(output, input)
    tried = [
        order
        for order in permutations(range(len(output)))
        if len(output) == len(input)
        and all(order_of_axes(output[j], right) in (EQUAL, LESS) for j, right in zip(order, input, strict=True))
    ]

    assert set(found) <= set(tried)
    assert len(found) == min(len(tried), 6)


@given(axes, axes)
def test_reordering_is_what_trying_finds(output: tuple, input: tuple) -> None:  # type: ignore[type-arg]
    """Equal tags and sizes without a clash, in some order."""
    expected = len(output) == len(input) and any(
        all(
            order_of_axes(output[j], right) == EQUAL and not sizes_clash(output[j], right)
            for j, right in zip(order, input, strict=True)
        )
        for order in permutations(range(len(output)))
    )

    assert is_reordered(output, input) is expected


@pytest.mark.parametrize(
    ("output", "input", "order"),
    [
        ("B T Spectrogram", "B Spectrogram T", (0, 2, 1)),
        ("B T Spectrogram", "B Channel T", (0, 2, 1)),
        ("T B C", "B C T", (1, 2, 0)),
        ("B T T", "T B T", None),
        ("Spectrogram Encoded B", "B Channel Channel", None),
        ("WordEmbedding ImageEmbedding B", "B Channel Embedding", None),
        ("Embedding Spectrogram B", "B Channel Embedding", (2, 1, 0)),
        ("B T", "B C", None),
        ("B T", "B T C", None),
    ],
)
def test_the_one_order(output: str, input: str, order: tuple[int, ...] | None) -> None:
    """Only tags decide, and only where they are pairwise different."""
    assert unique_order(NeuralType(output).axes, NeuralType(input).axes) == order


def test_many_equal_tags_are_quick() -> None:
    """Twelve axes of one meaning have more orders than anyone can list: a few are shown at once."""
    many = NeuralType(" ".join(["T"] * 12)).axes

    assert len(orders_that_fit(many, many)) == 6
    assert is_reordered(many, many)
