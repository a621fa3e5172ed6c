"""Equations between numbers: decided as trying all values decides them, and undecided only where bounds are missing."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nm_types_graphs import grown
from nm_types_sizes import solutions

from nm_types import Edge, Equation, NeuralType, Size
from nm_types.sizes import parse_size
from nm_types.solving import is_solvable
from nm_types.solving.search import can_be_zero

EDGE = Edge("m", "x", "s.y", NeuralType("B"), NeuralType("B"))


def equation(text: str, number: int) -> Equation:
    """A port that asks for a size and is given a number."""
    size = parse_size(text)
    return Equation(size, Size(number), EDGE, 0, size, frozenset({"x"}))  # type: ignore[arg-type]


@st.composite
def systems(draw: st.DrawFn) -> list[tuple[str, int]]:
    """One to three expressions over one or two names, each with a number."""
    pick = Random(draw(st.integers(0, 2**32)))
    names = pick.choice((("t",), ("t", "u"), ("t", "u")))
    return [(grown(pick, names), pick.randrange(1, 9)) for _ in range(pick.randrange(1, 4))]


@given(systems())
def test_a_system_is_decided_as_trying_decides_it(asked: list[tuple[str, int]]) -> None:
    """Divisions, products, differences: no system of one or two names is left undecided."""
    found = next(solutions(asked, 140), None)

    assert is_solvable([equation(*one) for one in asked]) is (found is not None)


@pytest.mark.parametrize(
    ("zero", "positive", "answer"),
    [
        (["t*t-9"], [], True),
        (["t*t-8"], [], False),
        (["t*t-9"], ["2-t"], False),
        (["t*t-9"], ["4-t"], True),
        (["t//2-u//3-4"], [], True),
        (["t+u-5"], ["t-4"], False),
        (["t+u-5"], ["t-3"], True),
        (["(t//2)*u-6", "t-2*u"], [], False),
        (["(t//2)*u-6", "t-3*u+1"], [], False),
        (["(t//2)*u-6", "t-2*u-2"], [], True),
        (["2*t-160000"], [], True),
        (["4*((t+3)//4)-t-3", "2*((t+2)//2)-t-2"], [], False),
        (["4*((t+3)//4)-t-3", "2*((t+2)//2)-t-1"], [], True),
        (["61*(t//61)-t+60", "67*(t//67)-t+66"], [], True),
        (["t//160-1000", "t-160159"], [], True),
        (["t//160-1000", "t-160160"], [], False),
        ([], ["5-t", "t-3"], True),
        ([], ["4-t", "t-3"], False),
        (["t//2+u//2-(t+u)//2-1"], [], False),
        (["t//2-2*(u//4)-v//2+2*(w//4)-1", "t//2-2*(u//4)-v//2+2*(w//4)-2"], [], None),
        (["c//2-1", "t//2-2*(u//4)-v//2+2*(w//4)-1", "t//2-2*(u//4)-v//2+2*(w//4)-2"], [], None),
    ],
)
def test_sizes_that_must_be_zero_or_positive(zero: list[str], positive: list[str], answer: bool | None) -> None:
    """Yes with a solution, no with a proof; None where neither is found."""
    made = [[parse_size(text) for text in texts] for texts in (zero, positive)]

    assert can_be_zero(*made) is answer  # type: ignore[arg-type]


def test_a_budget_that_is_used_up_leaves_it_undecided() -> None:
    """Not a wrong answer."""
    hard = [parse_size("t*t*t+u*u*u-33*33*33-1")]

    assert can_be_zero(hard, budget=5) is None  # type: ignore[arg-type]
    assert can_be_zero([parse_size("t*t-8")], budget=1) in (None, False)  # type: ignore[list-item]
