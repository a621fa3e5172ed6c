"""Formulas: sizes with constructor parameters keep their text and become sizes when they are bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import BindingError, Size, TypeSyntaxError
from nm_types.sizes import bind, parameters_of, parse_size
from nm_types.sizes.formulas import Formula

atoms = st.sampled_from(["1", "3", "t", "{a}", "{b}"])
written = st.recursive(
    atoms,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
    max_leaves=6,
)


@given(written)
def test_a_formula_reads_back_from_its_text(text: str) -> None:
    """What a formula prints parses to the same formula (law 12)."""
    formula = parse_size(text)

    assert parse_size(str(formula)) == formula


@given(written, st.integers(1, 9), st.integers(1, 9))
def test_binding_is_substituting_the_text(text: str, a: int, b: int) -> None:
    """A bound formula is the size of the text with the numbers written in."""
    assert bind(parse_size(text), {"a": a, "b": b}) == parse_size(text.replace("{a}", str(a)).replace("{b}", str(b)))


def test_a_formula_is_kept_as_written() -> None:
    """Nothing is normalised before the parameters are known."""
    text = "(t+2*{p}-{d}*({k}-1)-1)//{s}+1"
    formula = parse_size(text)

    assert isinstance(formula, Formula)
    assert str(formula) == text
    assert parameters_of(formula) == {"p", "d", "k", "s"}
    assert bind(formula, {"p": 5, "d": 1, "k": 11, "s": 2}) == (Size("t") + 1) // 2


def test_a_parameter_may_be_a_size_or_its_text() -> None:
    """Derived sizes speak of the ports' own names."""
    assert bind(parse_size("{t_out}+1"), {"t_out": "t//2"}) == Size("t") // 2 + 1
    assert bind(parse_size("{t_out}"), {"t_out": Size("u") * 3}) == Size("u") * 3


class Whole:
    """A whole number of another library."""

    def __index__(self) -> int:
        """Return the number."""
        return 64


def test_whole_numbers_of_other_libraries_are_sizes() -> None:
    """Whatever may index a list may be a size."""
    assert bind(parse_size("{n}+1"), {"n": Whole()}) == Size(65)


def test_a_parameter_that_is_none_makes_the_size_unknown() -> None:
    """None stands for a size that nobody knows."""
    assert bind(parse_size("{n}+1"), {"n": None}) is None


@pytest.mark.parametrize("value", [True, 1.5, "{other}", [3]])
def test_what_is_no_size_cannot_be_bound(value: object) -> None:
    """The error names the parameter and shows the value."""
    with pytest.raises(BindingError, match=r"\{n\}") as caught:
        bind(parse_size("{n}"), {"n": value})
    assert caught.value.code == "NM005"


def test_a_missing_parameter_is_an_error() -> None:
    """The error lists what was given."""
    with pytest.raises(BindingError, match=r"\{n\}: .* Given: m"):
        bind(parse_size("{n}*2"), {"m": 3})


@pytest.mark.parametrize("text", ["", "t+", "(t", "t)", "t u", "t%2", "//2", "t//u", "t//0", "T", "sum(t", "2t", "{9}"])
def test_wrong_sizes_are_refused(text: str) -> None:
    """The error shows the text and says what is missing."""
    with pytest.raises(TypeSyntaxError):
        parse_size(text)


def test_division_by_a_parameter_that_is_no_number_is_refused() -> None:
    """A size is divided by numbers only, also after binding."""
    with pytest.raises(TypeSyntaxError, match="never by an unknown"):
        bind(parse_size("t//{k}"), {"k": "u"})
