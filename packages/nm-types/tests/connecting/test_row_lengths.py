"""How many axes of real shapes each row takes: what ranks and tags leave, and nothing else."""

import pytest

from nm_types import NeuralType
from nm_types.connecting.row_lengths import row_lengths


@pytest.mark.parametrize(
    ("ports", "ranks", "values", "expected"),
    [
        ({"x": "*s C"}, {"x": 3}, {}, [{"s": 2}]),
        ({"x": "*s C"}, {"x": 0}, {}, [{}]),
        ({"x": "B C"}, {"x": 2}, {}, [{}]),
        ({"x": "*a C *b"}, {"x": 3}, {}, [{"a": 0, "b": 2}, {"a": 1, "b": 1}, {"a": 2, "b": 0}]),
        ({"x": "*a C *b"}, {"x": 3}, {"x": "B C T"}, [{"a": 1, "b": 1}]),
        ({"x": "*a C *b", "y": "*b"}, {"x": 4, "y": 1}, {}, [{"b": 1, "a": 2}]),
        ({"x": "*a C *a"}, {"x": 5}, {}, [{"a": 2}]),
        ({"x": "*s", "y": "*s C"}, {"x": 2, "y": 2}, {}, [{"s": 2}]),
    ],
)
def test_lengths_of_rows(
    ports: dict[str, str], ranks: dict[str, int], values: dict[str, str], expected: list[dict[str, int]]
) -> None:
    """A port that comes first decides; where several rows stay open, every way to share the axes is given."""
    shapes = {port: (2,) * rank for port, rank in ranks.items()}
    types = {port: NeuralType(text) for port, text in values.items()}

    assert list(row_lengths({port: NeuralType(text) for port, text in ports.items()}, shapes, types)) == expected
