"""The micro-batches of an epoch are a sequence of tuples, held in arrays."""

import pickle

import numpy
import pytest

from nm_torch.data import Batching, EpochPlan


def test_a_plan_is_a_sequence_of_tuples() -> None:
    """It is indexed, sliced, compared and printed like a list of tuples of integers."""
    plan = EpochPlan(numpy.array([4, 0, 3, 1, 2]), numpy.array([0, 2, 4]), numpy.array([2, 4, 5]))

    assert plan == [(4, 0), (3, 1), (2,)] == list(plan)
    assert (plan[-1], plan[0:2], plan[1::2], plan[5:]) == ((2,), [(4, 0), (3, 1)], [(3, 1)], [])
    assert (len(plan), plan.samples, repr(plan)) == (3, 5, "[(4, 0), (3, 1), (2,)]")
    assert plan.reorder(numpy.array([2, 0])) == [(2,), (4, 0)]
    assert plan != [(4, 0)]
    assert plan != 3
    assert type(plan[0][0]) is int
    assert pickle.loads(pickle.dumps(plan)) == plan
    with pytest.raises(IndexError):
        plan[3]


def test_a_plan_of_many_samples_is_small() -> None:
    """A million samples take 4 bytes each, and 16 for each batch."""
    plan = Batching(batch_size=32, bucketing=True, shuffle=True).plan(10**6, 0, 0, numpy.linspace(1, 9, 10**6))

    assert sum(array.nbytes for array in vars(plan).values()) == 4 * 10**6 + 16 * len(plan)
    assert repr(plan) == "<31250 micro-batches of 1000000 samples>"
