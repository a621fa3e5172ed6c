"""What types cost, counted and not timed: work grows with what is asked, and searches end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pkgutil import resolve_name
from unittest.mock import patch

import pytest

from nm_types import Edge, Equation, NeuralType, Size, check_equations, compare, connect, type_call
from nm_types.connecting.contradictions import MOST_WORK
from nm_types.sizes import Verdict, decide, parse_size
from nm_types.sizes.proofs import LONGEST_PERIOD
from nm_types.solving.search import MOST_TRIED, can_be_zero

EDGE = Edge("m", "x", "s.y", NeuralType("B"), NeuralType("B"))


@contextmanager
def counted(name: str) -> Iterator[list[tuple[object, ...]]]:
    """Collect the arguments of the calls of a function, by its full name."""
    owner, _, attribute = name.rpartition(".")
    holder = resolve_name(owner)
    original = getattr(holder, attribute)
    calls: list[tuple[object, ...]] = []

    def counting(*args: object, **named: object) -> object:
        calls.append(args)
        return original(*args, **named)

    with patch.object(holder, attribute, counting):
        yield calls


def fresh(count: int) -> list[Size]:
    """Sizes that as many calls have made."""
    made = (type_call([], {"x": NeuralType("T:t")}, owner=f"s{i}").outputs["x"] for i in range(count))
    return [type.axes[0].size for type in made]  # type: ignore[union-attr, misc]


def equations(*pairs: tuple[Size, Size]) -> list[Equation]:
    """Open equations between sizes."""
    return [Equation(left, right, EDGE, 0, left, frozenset({"x"})) for left, right in pairs]


GRAPHS: dict[str, Callable[[list[Size], int], tuple[Size, Size]]] = {
    "pairs": lambda s, i: (s[2 * i], s[2 * i + 1]),
    "a chain": lambda s, i: (s[i], s[i + 1]),
    "a chain from its end": lambda s, i: (s[len(s) - 1 - i], s[len(s) - 2 - i]),
    "a star": lambda s, i: (s[0], s[i + 1]),
    "multiples": lambda s, i: (s[2 * i] * 2, s[2 * i + 1] * 3),
    "halves": lambda s, i: (s[i] // 2, s[i + 1] // 2),
    "numbers": lambda s, i: (Size(64), s[i]),
}


@pytest.mark.parametrize("graph", GRAPHS)
def test_judging_a_graph_is_linear_in_its_open_equations(graph: str) -> None:
    """Four times the equations are at most five times the work, whatever they look like."""
    work = []
    for count in (100, 400):
        sizes = fresh(2 * count)
        asked = equations(*(GRAPHS[graph](sizes, i) for i in range(count)))
        with (
            counted("nm_types.sizes.Size.substitute") as substituted,
            counted("nm_types.solving.solve._advance") as advanced,
        ):
            assert check_equations(asked) == ()
        work.append(len(substituted) + len(advanced))

    assert work[1] <= 5 * work[0] + 100


def test_a_contradiction_far_apart_is_found_with_little_work() -> None:
    """A chain of 2,000 sizes with two numbers at its ends: few trials, and the search for the reason ends."""
    sizes = fresh(2001)
    chain = equations(*pairwise(sizes), (Size(64), sizes[0]), (Size(65), sizes[-1]))

    with counted("nm_types.connecting.contradictions.contradictions") as trials:
        (problem,) = check_equations(chain)

    assert problem.code == "NM115"
    assert sum(len(one[0]) for one in trials) <= MOST_WORK + 20 * len(chain)  # type: ignore[arg-type]


def test_a_contradiction_nearby_is_found_in_a_large_graph() -> None:
    """Two of 4,000 connections contradict each other: these two are named, after few trials."""
    sizes = fresh(4000)
    asked = equations(*pairwise(sizes))
    asked[1000:1000] = equations((Size(64), sizes[1500]))
    asked += equations((Size(65), sizes[1500]))

    with counted("nm_types.connecting.contradictions.contradictions") as trials:
        (problem,) = check_equations(asked)

    assert len(problem.notes) == 1
    assert len(trials) < 60


def test_a_variadic_port_with_many_elements_is_linear() -> None:
    """Five times the elements are at most six times the work; each element has its equations."""
    port, output = NeuralType("*a 'A<=Channel:n_i *b"), NeuralType("*a 'A:sum(n_i) *b")
    work = []
    for count in (100, 500):
        values = [type_call([], {"x": NeuralType("B C:c T:t")}, owner=f"s{i}").outputs["x"] for i in range(count)]
        edges = [Edge("m", f"xs[{i}]", f"s{i}.x", port, value) for i, value in enumerate(values)]
        with (
            counted("nm_types.solving.solution.Solution.apply") as applied,
            counted("nm_types.unifying.templates.join_rows") as joined,
        ):
            typing = type_call(edges, {"y": output}, owner="m")
        work.append(len(applied) + len(joined))
        assert len(typing.equations) == 2 * (count - 1)

    assert work[1] <= 6 * work[0]


def test_twelve_axes_are_compared_pair_by_pair() -> None:
    """Equal tags, in order or not, with sizes or without: never all orders of twelve axes."""
    plain = NeuralType(" ".join(["T"] * 12))
    first = NeuralType(" ".join([*(f"T:{i + 2}" for i in range(11)), "B"]))
    last = NeuralType(" ".join(["B", *(f"T:{i + 2}" for i in reversed(range(11)))]))

    for pair in ((plain, plain), (first, last), (last, plain)):
        with (
            counted("nm_types.relations.comparison.order_of_axes") as places,
            counted("nm_types.relations.matching.order_of_axes") as fits,
        ):
            compare(*pair)
            connect(*pair, casts="transpose")
        assert len(places) + len(fits) <= 8 * 12 * 12


@pytest.mark.parametrize(
    "text",
    ["t*t*u+u*v*v+t*v-999", "(t//2)*u+(t*v)//3-997", "t*u*v*w-988027", "t-2*u+v//3-w//5+1", "t//2-3*(u//7)-v*v+w//9"],
)
def test_a_search_among_numbers_ends(text: str) -> None:
    """However many names and values there are, only so many are tried."""
    with counted("nm_types.solving.search.can_be_zero") as tried:
        can_be_zero([parse_size(text)])  # type: ignore[list-item]

    assert len(tried) <= 2 * MOST_TRIED


def test_a_long_period_is_not_tried() -> None:
    """One name that does not grow is decided by its period, if that is short enough."""
    short, long = parse_size("t//61*61-t//67*67"), parse_size("t//61*61-t//71*71")
    with counted("nm_types.sizes.Size.substitute") as tried:
        assert decide(short, Size(0)) is Verdict.OPEN  # type: ignore[arg-type]
    assert 61 * 67 <= len(tried) <= 4 * LONGEST_PERIOD

    with counted("nm_types.sizes.Size.substitute") as tried:
        assert decide(long, Size(0)) is Verdict.OPEN  # type: ignore[arg-type]
    assert not tried


def test_divisions_in_divisions_do_not_grow() -> None:
    """A hundred floor divisions of one size are one; taken apart for a proof, each is looked at once."""
    size = Size("t")
    for _ in range(100):
        size = (size + 1) // 2
    assert str(size).startswith("(t+")
    assert size.weight == 2

    nested = Size("t")
    for i in range(60):
        nested = (nested // 2 + Size(f"u{i}")) // 3 + 1
    assert nested.weight == 62
