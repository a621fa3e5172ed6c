"""Plain values are compared with annotations before anything is constructed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import pytest

from nm_core.symbols.parameter_values import Misfit, Range, describe_hint, find_misfit, hints


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
        (1, Annotated[int, Range(ge=1)], True),
        (0, Annotated[int, Range(ge=1)], False),
        (1, Annotated[float, Range(gt=0, lt=1)], False),
        (0.5, Annotated[float, Range(gt=0, lt=1)], True),
        (float("inf"), Annotated[float, Range(gt=0)], True),
        (float("nan"), Annotated[float, Range(gt=0)], False),
        (float("nan"), float, False),
        (None, Annotated[int, Range(ge=1)] | None, True),
        (0, Annotated[int, Range(ge=1)] | None, False),
        ([1, 0], list[Annotated[int, Range(ge=1)]], False),
    ],
)
def test_what_fits(value: object, hint: object, verdict: bool) -> None:
    """Numbers, texts, lists and mappings are told apart; what is no plain data is not judged."""
    assert (find_misfit(value, hint) is None) is verdict


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
    assert describe_hint(str | Path) == "str | Path"
    assert describe_hint(Sequence[int]) == "Sequence[int]"
    assert (
        describe_hint(Annotated[int, Range(ge=1, le=8)] | None) == "a whole number of at least 1 and at most 8 or None"
    )
    assert describe_hint(Literal["pre", "post"]) == "'pre' or 'post'"


@pytest.mark.parametrize(
    ("value", "hint", "misfit"),
    [
        ([{"a": 1}, 7], str | Sequence[Mapping[str, Any]], Misfit((1,), 7, "Mapping[str, Any]")),
        ({"a": [1, "x"]}, Mapping[str, list[int]], Misfit(("a", 1), "x", "int")),
        (5, str | Sequence[int], Misfit((), 5, "str | Sequence[int]")),
    ],
)
def test_the_innermost_value_is_at_fault(value: object, hint: object, misfit: Misfit) -> None:
    """A list with a wrong item is right as a list."""
    assert find_misfit(value, hint) == misfit


def test_ranges_of_others_count() -> None:
    """Bounds are taken from any object that names them as annotated-types does."""

    class Ge:
        ge = 3

    assert find_misfit(2, Annotated[int, Ge()]) == Misfit((), 2, "a whole number of at least 3")
