"""Names that are free."""

import pytest

from nm_torch.engine.names import free_name


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), "loss"), (("other",), "loss"), (("loss",), "loss_2"), (("loss", "loss_2"), "loss_3"), (("loss_2",), "loss")],
)
def test_the_first_free_name_is_chosen(names: tuple[str, ...], expected: str) -> None:
    """The base itself where it is free, then the lowest number from 2."""
    assert free_name("loss", names) == expected
