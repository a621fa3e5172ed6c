"""Order and streams are functions of (seed, epoch, index)."""

from collections import Counter

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_torch.data.order import Stream, permutation, philox, sample_generator, uniform

words = st.integers(0, 2**64 - 1)


@given(st.integers(0, 300), words, st.integers(0, 1000))
def test_an_order_holds_everything_once(count: int, seed: int, epoch: int) -> None:
    """A permutation of n things is a permutation, whatever the seed and the epoch."""
    assert sorted(permutation(count, seed, epoch).tolist()) == list(range(count))


def test_orders_are_uniform() -> None:
    """All six orders of three things are equally frequent over the epochs (chi-square, 5 degrees of freedom)."""
    counts = Counter(tuple(permutation(3, 7, epoch).tolist()) for epoch in range(3000))

    assert len(counts) == 6
    assert sum((n - 500) ** 2 / 500 for n in counts.values()) < 20.5  # 0.999 quantile


def test_an_order_is_pinned() -> None:
    """The order of a given seed and epoch stays the same in every version, for runs are resumed under later ones."""
    assert permutation(8, seed=0, epoch=0).tolist() == [5, 3, 7, 2, 4, 1, 0, 6]


def test_epochs_and_seeds_differ() -> None:
    """Another epoch or another seed gives another order."""
    orders = {tuple(permutation(50, seed, epoch).tolist()) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


@given(words, st.integers(0, 1000), st.integers(0, 10**6))
def test_a_sample_stream_depends_on_nothing_else(seed: int, epoch: int, index: int) -> None:
    """The stream of a sample is the same each time it is asked for, and another one for its neighbour."""
    draws = sample_generator(seed, epoch, index).random(4)

    numpy.testing.assert_array_equal(draws, sample_generator(seed, epoch, index).random(4))
    assert not numpy.array_equal(draws, sample_generator(seed, epoch, index + 1).random(4))
    assert not numpy.array_equal(draws, sample_generator(seed, epoch + 1, index).random(4))


def test_streams_of_neighbours_do_not_overlap() -> None:
    """A long stream never meets that of the next index: the draws are counted in a word of their own."""
    first = philox(0, Stream.SAMPLE, 0, 0).random_raw(4096)
    second = philox(0, Stream.SAMPLE, 0, 1).random_raw(4096)
    assert not set(first.tolist()) & set(second.tolist())


def test_uniform_numbers_lie_in_the_unit_interval() -> None:
    """Numbers of a stream lie in [0, 1) with the mean of a uniform distribution."""
    numbers = uniform(20_000, 3, 1, Stream.JITTER)
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)
