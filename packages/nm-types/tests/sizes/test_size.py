"""Sizes: the normal form keeps values, is unique for the listed laws, and prints what it reads."""

import copy
import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import BindingError, FrozenError, Size, TypeSyntaxError
from nm_types.sizes import Origin, OutputSize, Sum, Variable, parse_size

t, u = Size("t"), Size("u")
NAMES = ("t", "u", "v")

leaves = st.one_of(st.integers(0, 9).map(str), st.sampled_from(NAMES))


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda three: f"({three[0]}{three[1]}{three[2]})"),
        st.tuples(inner, st.integers(1, 6)).map(lambda two: f"({two[0]}//{two[1]})"),
    )


texts = st.recursive(leaves, _grow, max_leaves=6)
values = st.fixed_dictionaries({name: st.integers(1, 40) for name in NAMES})


def by_hand(text: str, known: dict[str, int]) -> int:
    """An independent reading of an expression that is fully in parentheses: split at its outermost sign."""
    if not text.startswith("("):
        return int(text) if text.isdigit() else known[text]
    depth = 0
    for at, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 1 and sign in "+-*/" and at:
            width = 2 if sign == "/" else 1
            left, right = by_hand(text[1:at], known), by_hand(text[at + width : -1], known)
            return {"+": left + right, "-": left - right, "*": left * right, "/": left // (right or 1)}[sign]
    raise AssertionError(text)


@given(texts, values)
def test_normalising_keeps_the_value(text: str, known: dict[str, int]) -> None:
    """A size in normal form has the value of the expression as written (law 11)."""
    assert Size(parse_size(text)).evaluate(known) == by_hand(text, known)


@given(texts)
def test_normalising_is_idempotent(text: str) -> None:
    """Building a size again from its own parts changes nothing (law 11)."""
    size = Size(parse_size(text))

    assert size.substitute({Variable(name): Size(name) for name in NAMES}) == size


@given(texts)
def test_a_size_reads_back_from_its_text(text: str) -> None:
    """What a size prints parses to the same size, with the same hash (law 12)."""
    size = Size(parse_size(text))
    again = parse_size(str(size))

    assert again == size
    assert hash(again) == hash(size)


@given(texts, texts, values)
def test_equal_sizes_have_equal_values(left: str, right: str, known: dict[str, int]) -> None:
    """Sizes that compare equal agree for any values of their names."""
    one, other = Size(parse_size(left)), Size(parse_size(right))

    if one == other:
        assert one.evaluate(known) == other.evaluate(known)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("t+t", "2*t"),
        ("(2*t+4)//2", "t+2"),
        ("(t//2)//3", "t//6"),
        ("(t//2+1)//2", "(t+2)//4"),
        ("((t+1)//2+1)//2", "(t+3)//4"),
        ("(4*t+2)//6", "(2*t+1)//3"),
        ("(5*t+3)//2", "2*t+1+(t+1)//2"),
        ("(t-1)//2+1", "(t+1)//2"),
        ("(t+2*(11//2)-11)//2+1", "(t+1)//2"),
        ("t*u", "u*t"),
        ("(t+1)*(t-1)", "t*t-1"),
        ("t*(u+1)", "t*u+t"),
        ("(t//2+u)//3", "(t+2*u)//6"),
        ("(t//2+u//2)//3", "(u//2+t//2)//3"),
        ("(t//2+v//3+u)//2", "(u+v//3+t//2)//2"),
        ("t-t", "0"),
        ("7//2", "3"),
    ],
)
def test_equal_sizes_have_one_normal_form(left: str, right: str) -> None:
    """Nested floors join, multiples come out, common divisors go, products commute."""
    assert parse_size(left) == parse_size(right)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (t * 2 + 1, "2*t+1"),
        (1 - t, "1-t"),
        (-t, "0-t"),
        ((t + 1) // 2 * 3, "3*((t+1)//2)"),
        (t // 2 - u, "t//2-u"),
        (t * u * t, "t*t*u"),
        (t // 2 * u, "(t//2)*u"),
        (Size(0), "0"),
        (Size(-3), "0-3"),
        (Size(Sum("n_i")) + 1, "sum(n_i)+1"),
    ],
)
def test_sizes_print_plainly(size: Size, text: str) -> None:
    """A size prints without needless signs and parentheses."""
    assert str(size) == text


def test_rigid_symbols_are_equal_only_within_their_call() -> None:
    """Two calls of one module make different sizes of one name; the owner shows in print."""
    first, second = Origin("encoder"), Origin("encoder")

    assert OutputSize(first, "t") == OutputSize(first, "t")
    assert OutputSize(first, "t") != OutputSize(second, "t")
    assert str(Size(OutputSize(first, "t")) // 2) == "encoder.t//2"


def test_copied_sizes_keep_their_relations() -> None:
    """A deep copy and a pickle give new owners, the same one for all sizes of a call."""
    origin = Origin("loader")
    pair = [Size(OutputSize(origin, "t")) // 2, Size(OutputSize(origin, "t")) + 1]

    for copied in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        names = copied[0].symbols()
        assert names == copied[1].symbols()
        assert names != pair[0].symbols()
        assert hash(copied[0]) == hash(copied[0].substitute({}))


def test_sizes_do_not_change() -> None:
    """Setting or deleting a part of a size is an error that says what to do."""
    with pytest.raises(FrozenError, match="immutable"):
        t.constant = 3
    with pytest.raises(FrozenError):
        del t.terms


@pytest.mark.parametrize("wrong", [True, "T", "t u", ""])
def test_what_is_no_size_is_refused(wrong: object) -> None:
    """Truth values, capital words and texts with spaces are no sizes."""
    with pytest.raises(TypeSyntaxError):
        Size(wrong)  # type: ignore[arg-type]


def test_evaluation_needs_every_name() -> None:
    """A name without a value is an error that lists what was given."""
    with pytest.raises(BindingError, match="no value for u; given: t"):
        (t + u).evaluate({"t": 3})


def test_arithmetic_agrees_with_integers() -> None:
    """Sizes that are numbers behave as numbers, from either side."""
    for a, b in product(range(-4, 9), range(-4, 9)):
        assert (Size(a) + b, a + Size(b), Size(a) - b, a - Size(b), Size(a) * b) == tuple(
            map(Size, (a + b, a + b, a - b, a - b, a * b))
        )
