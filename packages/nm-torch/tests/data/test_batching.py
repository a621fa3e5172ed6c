"""Laws of cutting an epoch into micro-batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_torch.data import Batching, BatchingError

sizes_of_samples = st.lists(st.integers(1, 40).map(float), min_size=1, max_size=80)
limits = st.one_of(
    st.fixed_dictionaries({"batch_size": st.integers(1, 9)}),
    st.fixed_dictionaries({"batch_tokens": st.integers(40, 200)}),
    st.fixed_dictionaries({"batch_size": st.integers(1, 9), "batch_tokens": st.integers(40, 200)}),
)


@given(sizes_of_samples, limits, st.booleans(), st.booleans(), st.integers(0, 2**64 - 1), st.integers(0, 9))
def test_an_epoch_holds_every_sample_once_within_the_limits(
    sizes: list[float], limit: dict[str, int], shuffle: bool, bucketing: bool, seed: int, epoch: int
) -> None:
    """Each sample is in exactly one micro-batch, and no micro-batch is empty or over a limit."""
    batching = Batching(**limit, shuffle=shuffle, bucketing=bucketing)

    batches = batching.plan(len(sizes), seed, epoch, sizes)

    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))
    for batch in batches:
        assert 0 < len(batch) <= limit.get("batch_size", len(sizes))
        assert len(batch) * max(sizes[index] for index in batch) <= limit.get("batch_tokens", float("inf"))


@given(sizes_of_samples, limits, st.integers(0, 99), st.integers(0, 9))
def test_a_plan_is_a_pure_function(sizes: list[float], limit: dict[str, int], seed: int, epoch: int) -> None:
    """Two plans of the same epoch are equal."""
    batching = Batching(**limit, shuffle=True, bucketing=True)
    assert batching.plan(len(sizes), seed, epoch, sizes) == batching.plan(len(sizes), seed, epoch, sizes)


def test_buckets_hold_samples_of_like_size() -> None:
    """Bucketing adds less than 15 % of padding where random batches add more than 60 %."""
    sizes = [float(1 + (index * 7919) % 1000) for index in range(1000)]

    def padded(batching: Batching) -> float:
        return sum(len(b) * max(sizes[i] for i in b) for b in batching.plan(1000, 5, 0, sizes)) / sum(sizes)

    assert padded(Batching(batch_size=10, shuffle=True, bucketing=True)) < 1.15
    assert padded(Batching(batch_size=10, shuffle=True)) > 1.6


def test_shuffled_buckets_change_their_members_and_their_order() -> None:
    """The micro-batches of two epochs differ in content, and their sizes do not ascend."""
    sizes = [float(size) for size in range(1, 201)]
    batching = Batching(batch_size=5, shuffle=True, bucketing=True)

    first, second = (batching.plan(200, 0, epoch, sizes) for epoch in (0, 1))

    assert len({frozenset(b) for b in first} & {frozenset(b) for b in second}) < 10
    longest = [max(sizes[i] for i in batch) for batch in first]
    assert longest != sorted(longest)


def test_unshuffled_samples_keep_their_order() -> None:
    """Without shuffling and bucketing the samples come as numbered."""
    assert Batching(batch_size=2).plan(5, 9, 3) == [(0, 1), (2, 3), (4,)]


def test_the_last_partial_batch_is_kept_unless_dropped() -> None:
    """drop_last leaves out a micro-batch that is not full, and only that."""
    assert Batching(batch_size=2, drop_last=True).plan(5, 0, 0) == [(0, 1), (2, 3)]
    assert Batching(batch_size=2, drop_last=True).plan(4, 0, 0) == [(0, 1), (2, 3)]


@given(
    st.lists(st.floats(0.1, 40.0), min_size=1, max_size=60),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
    st.integers(0, 99),
)
def test_dropping_leaves_out_less_than_a_batch(
    sizes: list[float], batch_size: int, shuffle: bool, bucketing: bool, seed: int
) -> None:
    """All micro-batches are full, no sample comes twice, and only the remainder is left out."""
    batching = Batching(batch_size=batch_size, shuffle=shuffle, bucketing=bucketing, drop_last=True)

    batches = batching.plan(len(sizes), seed, 0, sizes)

    indices = [index for batch in batches for index in batch]
    assert all(len(batch) == batch_size for batch in batches)
    assert len(set(indices)) == len(indices) == len(sizes) // batch_size * batch_size


@pytest.mark.parametrize("limit", [{"batch_size": 32}, {"batch_size": 32, "batch_tokens": 400.0}])
def test_buckets_do_not_always_drop_the_longest(limit: dict[str, float]) -> None:
    """Over epochs all of sixty samples are used about equally often, whatever their sizes."""
    sizes = [1 + index / 3 for index in range(60)]
    batching = Batching(**limit, bucketing=True, shuffle=True, drop_last=True)
    used = [0] * 60
    for epoch in range(1000):
        for batch in batching.plan(60, 0, epoch, sizes):
            for index in batch:
                used[index] += 1

    mean = sum(used) / 60
    assert mean < 1000  # something is left out of each epoch
    # four standard deviations of a binomial count
    assert all(abs(count - mean) < 4 * (1000 * 0.25) ** 0.5 for count in used)


def test_without_shuffling_buckets_drop_the_last_by_number() -> None:
    """What is left out then are the last samples, as without bucketing, and not the longest."""
    sizes = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert Batching(batch_size=2, bucketing=True, drop_last=True).plan(5, 0, 0, sizes) == [(1, 3), (2, 0)]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, "neither batch_size nor batch_tokens"),
        ({"batch_size": 0}, "batch_size must be greater than 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number"),
        ({"batch_size": True}, "batch_size is a whole number"),
        ({"batch_size": "8"}, "batch_size is a whole number"),
        ({"batch_tokens": float("nan")}, "batch_tokens must be greater than 0"),
        ({"batch_tokens": "many"}, "batch_tokens is a number"),
        ({"batch_tokens": 9.0, "drop_last": True}, "drop_last needs batch_size"),
    ],
)
def test_impossible_batching_is_refused(arguments: dict[str, float], fault: str) -> None:
    """A batching without limits, or with limits that contradict, says so when it is made."""
    with pytest.raises(BatchingError, match=fault):
        Batching(**arguments)


def test_a_sample_over_the_budget_is_named() -> None:
    """A sample that no batch can hold is an error with its number, its size and the budget."""
    with pytest.raises(BatchingError, match=r"sample 1 has size 12, more than batch_tokens=10"):
        Batching(batch_tokens=10).plan(3, 0, 0, [3.0, 12.0, 5.0])


def test_sizes_are_asked_for() -> None:
    """Bucketing without sizes is an error that says what to implement."""
    with pytest.raises(BatchingError, match=r"size_of\(index\)"):
        Batching(batch_size=2, bucketing=True).plan(3, 0, 0)
