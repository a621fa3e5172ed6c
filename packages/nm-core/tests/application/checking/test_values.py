"""Plain values are compared with annotations before anything is constructed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import pytest

from nm_core.application.checking.values import expected, fits, hints


@pytest.mark.parametrize(
    ("value", "hint", "verdict"),
    [
        (1, int, True),
        (True, int, False),
        ("1", int, False),
        (1, float, True),
        (1.5, int, False),
        (None, int, False),
        (None, Union[int, None], True),  # noqa: UP007
        (3, int | None, True),
        ("a", str | Path, True),
        ("a", Path, True),
        (1, Path, False),
        ("pre", Literal["pre", "post"], True),
        ("mid", Literal["pre", "post"], False),
        (1, Literal[True], False),
        (True, bool, True),
        (0, bool, False),
        ([1, 2], list[int], True),
        ((1, "a"), Sequence[int], False),
        ("ab", Sequence[str], False),
        ([1, 2], tuple[int, int], True),
        ([1, 2, 3], tuple[int, int], False),
        ([1, 2, 3], tuple[int, ...], True),
        ({"a": 1}, Mapping[str, int], True),
        ({"a": "b"}, dict[str, int], False),
        ([{"a": [1]}], list[dict[str, list[int]]], True),
        ([], list, True),
        ("x", Callable[[], int], True),
        ("x", Any, True),
        (2, Annotated[int, "small"], True),
    ],
)
def test_what_fits(value: object, hint: object, verdict: bool) -> None:
    """Numbers, texts, lists and mappings are told apart; what is no plain data is not judged."""
    assert fits(value, hint) is verdict


def test_annotations_only_a_type_checker_can_follow_are_left_out() -> None:
    """A name that exists only for type checkers hides its own class's annotations and no others."""

    class Base:
        def __init__(self, *, width: int) -> None: ...

    class Strange(Base):
        def __init__(self, *, other: "Nowhere", **more: int) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert hints(Strange)["width"] is int
    assert "other" not in hints(Strange)


def test_annotations_are_shown_shortly() -> None:
    """As their author wrote them."""
    assert expected(str | Path) == "str | Path"
    assert expected(Sequence[int]) == "Sequence[int]"
