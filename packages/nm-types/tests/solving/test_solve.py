"""Elimination: what is solved is a solution, and no solution is lost."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from nm_types import Edge, NeuralType, Size
from nm_types.sizes import Variable, parse_size
from nm_types.solving import Equation, Solution, eliminate, is_solvable

EDGE = Edge("m", "x", "s.y", NeuralType("B"), NeuralType("B"))
ASKED = ("t", "u", "t+u", "2*t", "3*u", "t+1", "t//2", "(t+1)//2", "t+2*u", "t//3+u", "t-u+4")
equations = st.lists(st.tuples(st.sampled_from(ASKED), st.integers(1, 7)), min_size=1, max_size=3)


def equation(expected: str, given: int) -> Equation:
    """A port that asks for a size and is given a number."""
    return Equation(Size(parse_size(expected)), Size(given), EDGE, 0, expected, frozenset({"x"}))


def solutions(chosen: list[tuple[str, int]]) -> list[dict[str, int]]:
    """All positive values of t and u that fulfil the equations, found by trying."""
    known = ({"t": t, "u": u} for t, u in product(range(1, 30), repeat=2))
    return [k for k in known if all(Size(parse_size(text)).evaluate(k) == value for text, value in chosen)]


@given(equations)
def test_a_system_is_solvable_exactly_if_trying_finds_a_solution(chosen: list[tuple[str, int]]) -> None:
    """Elimination, and search among the few values that are left."""
    assert is_solvable([equation(*one) for one in chosen]) is bool(solutions(chosen))


@given(equations)
def test_what_is_solved_agrees_with_every_solution(chosen: list[tuple[str, int]]) -> None:
    """A name gets the value that all solutions give it; a system called bad has none."""
    solution = Solution()
    _, bad = eliminate([equation(*one) for one in chosen], solution, lambda name: isinstance(name, Variable))
    found = solutions(chosen)

    if bad or solution.unmet()[1]:
        assert not found
    for name in solution.values:
        value = solution.apply(Size(name))
        assert all(value.evaluate(known) == known[str(name)] for known in found)


def test_each_name_remembers_who_decided_it() -> None:
    """Through other names."""
    solution = Solution()
    first = Equation(Size("t"), Size(8), EDGE, 0, "t", frozenset({"a"}))
    second = Equation(Size("t") + Size("u"), Size(11), EDGE, 0, "t+u", frozenset({"b"}))

    assert eliminate([second, first], solution, lambda name: True) == ([], [])
    assert solution.apply(Size("u")) == Size(3)
    assert solution.sources(Size("u")) == {"a", "b"}
