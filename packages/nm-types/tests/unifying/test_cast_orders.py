"""Orders of axes at rows and tag variables: all that tags allow, two at most, and the one that is proposed."""

from itertools import permutations

import pytest

from nm_types import AxisType, ChannelTag, NeuralType, TimeTag
from nm_types.unifying.cast_orders import orders_at_rows, stable_order
from nm_types.unifying.templates import Templates


def templates(**rows: str) -> Templates:
    """Bindings of rows."""
    bound = Templates()
    bound.rows = {name: NeuralType(axes).axes for name, axes in rows.items()}  # type: ignore[misc]
    return bound


@pytest.mark.parametrize(
    ("port", "value", "rows", "orders"),
    [
        ("*s C", "C T", {}, [(1, 0)]),
        ("*s C", "B Encoded T", {"s": "B T"}, [(0, 2, 1)]),
        ("*s", "T B C", {"s": "B T Spectrogram"}, [(1, 0, 2)]),
        ("*s", "T B C", {"s": "B T H"}, []),
        ("*a C *b", "B T C", {"a": "B", "b": "T"}, [(0, 2, 1)]),
        ("*a C *b", "B T C", {}, []),
        ("*a C *b", "B T C", {"a": "B"}, [(0, 2, 1)]),
        ("B 'A", "C B", {}, [(1, 0)]),
        ("B 'A<=Channel", "T B", {}, []),
    ],
)
def test_orders_that_tags_allow(port: str, value: str, rows: dict[str, str], orders: list[tuple[int, ...]]) -> None:
    """Rows stand for what others have bound them to; two rows that nothing binds allow none."""
    axes = NeuralType(value).axes

    assert orders_at_rows(NeuralType(port).axes, axes, templates(**rows)) == orders  # type: ignore[arg-type]


def test_an_unbound_row_of_several_axes_allows_several_orders() -> None:
    """Two are enough to know that there is more than one; the proposal keeps the row as it stands."""
    port, axes = NeuralType("*s C").axes, NeuralType("B C T").axes
    orders = orders_at_rows(port, axes, templates())  # type: ignore[arg-type]

    assert len(orders) == 2
    assert set(orders) == {order for order in permutations(range(3)) if order[2] == 1}
    assert stable_order(port, axes, templates()) == (0, 2, 1)  # type: ignore[arg-type]


def test_nothing_is_proposed_where_several_axes_could_be_moved() -> None:
    """Tags decide, never places; a row that is bound has its own order."""
    axes = (AxisType(ChannelTag), AxisType(ChannelTag), AxisType(TimeTag))

    assert stable_order(NeuralType("*s C").axes, axes, templates()) is None
    assert stable_order(NeuralType("*s C").axes, axes[1:], templates(s="T")) is None
