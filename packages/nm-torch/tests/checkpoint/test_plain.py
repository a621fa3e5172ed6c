"""Plain data survives JSON, and what is not plain is named."""

import json
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nm_torch.checkpoint import CheckpointStateError, plain

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
trees = st.recursive(
    leaves, lambda children: st.lists(children) | st.dictionaries(st.text(), children), max_leaves=20
).filter(lambda tree: "$float" not in repr(tree))


def same(one: Any, other: Any) -> bool:
    """Tell whether two trees are equal to the bit, where not-a-number equals itself and 1 is not 1.0."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


@given(trees)
def test_plain_data_survives(tree: Any) -> None:
    """What is encoded comes back with the same types and bits, not-a-number, infinities and minus zero included."""
    assert same(plain.decode(plain.encode(tree)), tree)


@given(trees)
def test_the_file_is_strict_json(tree: Any) -> None:
    """Any reader of JSON can read it: no NaN and no Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(plain.encode(tree), parse_constant=refuse)


def test_equal_data_has_equal_bytes() -> None:
    """The order of keys does not show, and tuples are lists."""
    assert plain.encode({"b": (1, 2), "a": 1}) == plain.encode({"a": 1, "b": [1, 2]})


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ({"best": torch.ones(1)}, "state.best.*Tensor"),
        ({"seen": [{1, 2}]}, r"state.seen\[0\].*set"),
        ({"by": {1: 2}}, "state.by: a key of saved data is a string, got 1"),
        ({"$float": "nan"}, "a key of saved data"),
    ],
)
def test_what_is_not_plain_is_named(bad: Any, where: str) -> None:
    """Anything else is an error that says where it is and what to do."""
    with pytest.raises(CheckpointStateError, match=where):
        plain.encode(bad)


def test_depth_is_an_error_of_values() -> None:
    """A file nested beyond reason is refused as any other broken file."""
    with pytest.raises(ValueError, match="deeply"):
        plain.decode(b"[" * 200_000)
    assert math.isnan(plain.decode(plain.encode(math.nan)))
