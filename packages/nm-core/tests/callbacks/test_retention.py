"""Which checkpoints stay: laws, and examples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_core import ParameterError
from nm_core.callbacks.retention import Retention

scores = st.lists(st.none() | st.floats(), max_size=12)


@given(scores, st.integers(1, 5), st.integers(0, 5), st.sampled_from(["min", "max"]))
def test_the_last_and_the_best_stay(values: list[float | None], last: int, best: int, mode: str) -> None:
    """The newest always stay; beside them stay the best, and none that goes has a better score than they."""
    items = list(range(len(values)))
    known = {item: value for item, value in zip(items, values, strict=True) if value is not None}
    gone = Retention(last=last, best=best, metric="dev.wer", mode=mode).superfluous(items, known)
    kept = [item for item in items if item not in gone]
    assert items[-last:] == kept[-min(last, len(items)) :] or not items
    sign = 1 if mode == "min" else -1
    finite = sorted(sign * value for value in known.values() if math.isfinite(value))
    stayed = sorted(sign * known[item] for item in kept if math.isfinite(known.get(item, math.nan)))
    assert stayed[: len(finite[:best])] == finite[:best]
    assert len(kept) <= last + best
    assert gone == sorted(gone)


def test_of_equal_scores_the_newer_stays() -> None:
    """Between equals the longer trained one is kept."""
    assert Retention(last=1, best=1, metric="m").superfluous("abcd", {"a": 1.0, "b": 1.0, "c": 2.0}) == ["a", "c"]


@pytest.mark.parametrize("bad", [{"last": 0}, {"best": -1}, {"best": 1}, {"mode": "middle"}])
def test_what_makes_no_sense_is_refused(bad: dict[str, object]) -> None:
    """Nothing to keep, no metric to compare by, no direction: each is an error."""
    with pytest.raises(ParameterError):
        Retention(**bad)
