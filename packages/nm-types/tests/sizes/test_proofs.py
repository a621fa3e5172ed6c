"""Proofs about sizes: what is proven is true on a grid of values, and the listed cases are proven."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import Size
from nm_types.sizes import Variable, Verdict, accidental, clash, decide, is_positive, parse_size, period


def _rest(size: Size, divisor: int) -> Size:
    return size - divisor * (size // divisor)


affine = st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(-6, 6)).map(
    lambda parts: parts[0] * Size("t") + parts[1] * Size("u") + parts[2]
)
sizes = st.one_of(
    affine,
    st.tuples(affine, st.integers(2, 5)).map(lambda parts: parts[0] // parts[1]),
    st.tuples(affine, st.integers(2, 4), affine).map(lambda parts: parts[0] // parts[1] + parts[2]),
    st.tuples(affine, st.integers(2, 3), affine, st.integers(2, 3)).map(
        lambda parts: (parts[0] // parts[1] + parts[2]) // parts[3]
    ),
    st.tuples(affine, affine).map(lambda parts: parts[0] * parts[1]),
    st.tuples(affine, st.integers(1, 3), affine, st.integers(1, 3), st.integers(2, 3)).map(
        lambda parts: _rest((parts[0] // parts[1]) * (parts[2] // parts[3]), parts[4])
    ),
)


GRID = [{"t": t, "u": u} for t, u in product(range(1, 13), repeat=2)]


@given(sizes, sizes)
def test_a_proven_clash_has_no_exception(left: Size, right: Size) -> None:
    """Sizes that clash differ for every pair of positive values."""
    if clash(left, right):
        assert all(left.evaluate(known) != right.evaluate(known) for known in GRID)


@given(sizes)
def test_a_size_proven_positive_is_positive(size: Size) -> None:
    """A lower bound holds for every pair of positive values."""
    if is_positive(size):
        assert all(size.evaluate(known) >= 1 for known in GRID)


@given(sizes, sizes)
def test_verdicts_are_true(left: Size, right: Size) -> None:
    """An equation that holds, holds everywhere; one that clashes, nowhere."""
    verdict = decide(left, right)
    equal = [left.evaluate(known) == right.evaluate(known) for known in GRID]

    if verdict is Verdict.HOLDS:
        assert all(equal)
    if verdict is Verdict.CLASHES:
        assert not any(equal)


in_t = sizes.map(lambda size: size.substitute({Variable("u"): Size("t") + 1}))


@given(in_t, in_t)
def test_an_accident_happens_finitely_often(left: Size, right: Size) -> None:
    """An equation of different growth has no solution among large values."""
    if accidental(left, right):
        assert all(left.evaluate({"t": n}) != right.evaluate({"t": n}) for n in range(400, 600))


@given(sizes)
def test_a_period_repeats(size: Size) -> None:
    """A difference that does not grow takes the same values after each period."""
    steps = period(size)
    if steps is not None:
        (name,) = map(str, size.symbols())
        assert all(size.evaluate({name: n}) == size.evaluate({name: n + steps}) for n in range(1, 20))


@pytest.mark.parametrize(
    ("left", "right", "clashing"),
    [
        ("64", "40", True),
        ("t", "t+1", True),
        ("2*t", "2*u+1", True),
        ("6*t+3*u", "3*v+1", True),
        ("t", "t//2", True),
        ("t", "t//2+t", False),
        ("t+u", "1", True),
        ("t*u", "0", True),
        ("((t-5)//2)*((u-5)//2)", "0", False),
        ("((t+1)//2)*u", "0", True),
        ("t//2+1", "0", True),
        ("t", "2*(t//2)+2", True),
        ("t", "u", False),
        ("t", "64", False),
        ("t", "(t+1)//2", False),
        ("t", "2*(t//2)", False),
    ],
)
def test_clashes_are_found(left: str, right: str, clashing: bool) -> None:
    """By a constant, by divisibility, by bounds; and nothing is claimed without proof."""
    assert clash(Size(parse_size(left)), Size(parse_size(right))) is clashing


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        ("t", "(t+1)//2", Verdict.ACCIDENTAL),
        ("2*t", "t+3", Verdict.ACCIDENTAL),
        ("4*(t//2)", "7-t", Verdict.OPEN),
        ("t", "t*t", Verdict.OPEN),
        ("t", "64", Verdict.OPEN),
        ("t", "u", Verdict.OPEN),
        ("t", "2*(t//2)", Verdict.OPEN),
        ("t//2", "(t+1)//2", Verdict.OPEN),
        ("(t+1)//2", "t-t//2", Verdict.HOLDS),
        ("(t+1)//2", "t-t//2+1", Verdict.CLASHES),
        ("t+1", "t+1", Verdict.HOLDS),
        ("2*((t+2)//3)+(t+1)//3", "3*(t//3)+1", Verdict.CLASHES),
        ("3*((t//2)*(t//2)//3)", "(t//2)*(t//2)", Verdict.OPEN),
    ],
)
def test_verdicts(left: str, right: str, verdict: Verdict) -> None:
    """Accidents are told from conditions; one symbol that does not grow is decided exactly."""
    assert decide(Size(parse_size(left)), Size(parse_size(right))) is verdict
