"""JSON for people and programs is strict, whatever the data are."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from nm_core.json_text import plain_data, to_json


def refuse(name: str) -> None:
    """Refuse what JSON does not have."""
    raise AssertionError(name)


class Array:
    """What arrays of frameworks have."""

    def tolist(self) -> list[float]:
        """Return the numbers."""
        return [1.0, math.nan]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(value: float) -> None:
    """At any depth, in mappings, lists, tuples, arrays and results; the rest is as it was."""
    data = {"a": value, "b": [1.5, (value,)], "c": {"d": Array()}, "e": True, "f": None, "g": "é"}
    assert json.loads(to_json(data), parse_constant=refuse) == {
        "a": None,
        "b": [1.5, [None]],
        "c": {"d": [1.0, None]},
        "e": True,
        "f": None,
        "g": "é",
    }


@pytest.mark.parametrize("data", [{"a": [1, 2.5, "x"]}, [], "text", None, {"path": Path("a/b")}, {1: 2, None: 3}])
def test_finite_data_are_as_json_writes_them(data: Any) -> None:
    """Where all is finite, the text is that of the standard library."""
    assert to_json(data, indent=2) == json.dumps(data, indent=2, default=str)


def test_plain_data_is_data_of_json() -> None:
    """Tuples become lists, keys texts."""
    assert plain_data({1: (math.inf, Path("x"))}) == {"1": [None, "x"]}
