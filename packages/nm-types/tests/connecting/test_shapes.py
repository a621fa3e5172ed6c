"""The run-time form of a deferred check."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import NeuralType, Problem, Size, check_shapes
from nm_types.connecting import Measured
from nm_types.sizes import parse_size

ASKED = ("t", "u", "t+1", "2*t", "t+u", "t//2", "(t+1)//2", "2*u+1", "4")
NAMES = [{"t": t, "u": u} for t, u in product(range(1, 25), repeat=2)]
TABLE = {text: [Size(parse_size(text)).evaluate(known) for known in NAMES] for text in ASKED}
asked = st.tuples(st.sampled_from(ASKED), st.integers(1, 9))


def check(ports: dict[str, str], shapes: dict[str, tuple[int, ...]], **families: str) -> dict[str, str]:
    """The codes of the ports that do not fit."""
    types = {name: NeuralType(text) for name, text in ports.items()}
    return {problem.port: problem.code for problem in check_shapes(types, shapes, families)}


@pytest.mark.parametrize(
    ("ports", "shapes", "bad"),
    [
        ({"x": "B C:64 T:t"}, {"x": (2, 64, 9)}, {}),
        ({"x": "B C:64 T:t"}, {"x": (2, 40, 9)}, {"x": "NM121"}),
        ({"x": "B C:64 T:t"}, {"x": (2, 64)}, {"x": "NM120"}),
        ({"x": "B T:t", "y": "B T:t"}, {"x": (2, 9), "y": (2, 8)}, {"y": "NM121"}),
        ({"x": "B T:t", "y": "B T:t"}, {"x": (2, 9), "y": (3, 9)}, {"y": "NM121"}),
        ({"x": "B T:t", "y": "B:? T:t"}, {"x": (2, 9), "y": (3, 9)}, {}),
        ({"x": "B T:t", "y": "B T:(t+1)//2"}, {"x": (2, 9), "y": (2, 5)}, {}),
        ({"x": "B T:t", "y": "B T:(t+1)//2"}, {"x": (2, 9), "y": (2, 4)}, {"y": "NM121"}),
        ({"x": "B T:2*t"}, {"x": (2, 9)}, {"x": "NM121"}),
        ({"x": "B T:t//2", "y": "B T:(t+1)//2"}, {"x": (2, 4), "y": (2, 5)}, {}),
        ({"x": "B T:t//2", "y": "B T:(t+1)//2"}, {"x": (2, 4), "y": (2, 6)}, {"y": "NM121"}),
        ({"x": "T:t+u", "y": "T:0-v+u"}, {"x": (9,), "y": (7,)}, {}),
        ({"x": "T:t+u", "y": "T:0-v+u"}, {"x": (5,), "y": (7,)}, {"y": "NM121"}),
        ({"x": "T:t*t"}, {"x": (9,)}, {}),
        ({"x": "T:t*t"}, {"x": (8,)}, {"x": "NM121"}),
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 5)}, {}),
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 6)}, {"y": "NM121"}),
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 5, 1)}, {"y": "NM120"}),
        ({"x": "*s C:3"}, {"x": ()}, {"x": "NM120"}),
        ({"x": "*a C:3 *b"}, {"x": (2, 3, 4)}, {}),
        ({"x": "*a C:3 *b"}, {"x": (2, 5, 4)}, {"x": "NM121"}),
        ({"x": "*a C:3 *b", "y": "*a *b"}, {"x": (2, 3, 4), "y": (2, 4)}, {}),
        ({"x": "*a C:3 *b", "y": "*a *b"}, {"x": (2, 3, 4), "y": (2, 5)}, {"y": "NM121"}),
        ({"x": "*a C:3 *b", "y": "*a"}, {"x": (2, 3, 3), "y": (2, 3)}, {}),
        ({"x": "*a C:3 *b", "y": "*a"}, {"x": (2, 3, 3), "y": (2, 4)}, {"y": "NM121"}),
        ({"x": "*a C:3 *b", "y": "*a"}, {"x": (2, 3), "y": (2, 3)}, {"x": "NM120"}),
        ({"x": "*a T *a"}, {"x": (2, 9, 2)}, {}),
        ({"x": "*a T *a"}, {"x": (2, 9, 3)}, {"x": "NM121"}),
        ({"x": "*a T *a"}, {"x": (2, 9)}, {"x": "NM120"}),
        ({"x": "; Loss"}, {"x": ()}, {}),
        ({"x": "; Loss"}, {"x": (1,)}, {"x": "NM120"}),
        ({"x": "{}"}, {"x": (1, 2)}, {}),
        ({"x": "B Token:u"}, {"x": (2, 0)}, {}),
    ],
)
def test_shapes_against_types(ports: dict[str, str], shapes: dict[str, tuple[int, ...]], bad: dict[str, str]) -> None:
    """Ranks, numbers, names shared by ports, expressions, rows."""
    assert check(ports, shapes) == bad


@pytest.mark.parametrize(
    ("value", "shape", "bad"),
    [
        ("B C T", (2, 3, 4), {}),
        ("B C T", (2, 4, 3), {"x": "NM121"}),
        ("B T C", (2, 4, 3), {}),
        ("C B T", (2, 3, 3), {"x": "NM121"}),
        ("B T C", (2, 4, 3, 3), {"x": "NM120"}),
        ("B C", (2, 3, 3), {"x": "NM120"}),
    ],
)
def test_the_tags_of_a_value_say_which_axis_stands_between_two_rows(
    value: str, shape: tuple[int, ...], bad: dict[str, str]
) -> None:
    """Not whichever axis happens to have its size; a value of another rank than promised has no such axis."""
    problems = check_shapes({"x": NeuralType("*a C:3 *b")}, {"x": shape}, values={"x": NeuralType(value)})

    assert {problem.port: problem.code for problem in problems} == bad


def test_elements_of_a_variadic_port_add_up() -> None:
    """An indexed size is one per element, and a sum goes over all of them."""
    ports = {"xs[0]": "B C:n_i", "xs[1]": "B C:n_i", "y": "B C:sum(n_i)"}

    assert check(ports, {"xs[0]": (2, 3), "xs[1]": (2, 4), "y": (2, 7)}) == {}
    assert check(ports, {"xs[0]": (2, 3), "xs[1]": (2, 4), "y": (2, 8)}) == {"y": "NM121"}


def test_the_family_of_numbers_is_checked_where_it_is_known() -> None:
    """Kinds cannot be seen at run time, but integers are told from floats."""
    assert check({"x": "B ; Labels"}, {"x": (2,)}, x="int") == {}
    assert check({"x": "B ; Labels"}, {"x": (2,)}, x="float") == {"x": "NM122"}
    assert check({"x": "B"}, {"x": (2,)}, x="float") == {}


def test_the_problem_blames_the_producer_and_shows_the_shape() -> None:
    """In the manner of the static messages."""
    (problem,) = check_shapes(
        {"x": NeuralType("B C:64 T:t")}, {"x": (2, 40, 9)}, owner="encoder", producers={"x": "loader.features"}
    )

    assert isinstance(problem, Problem)
    assert str(problem) == (
        "NM121  a value has another shape than its port says\n"
        "  loader.features -> encoder.x\n"
        "\n"
        "                    axis 0   axis 1       axis 2\n"
        "  encoder expects   Batch    Channel:64   Time:t\n"
        "  loader gives      2        40           9\n"
        "                             ^^^^^^^^^^ differs\n"
        "\n"
        "  Axis 1 has the size 40, its type says 64.\n"
        "  fix: correct loader, which made the value, or the type that its port declares."
    )


@given(st.lists(asked, max_size=2), st.lists(asked, min_size=1, max_size=2))
def test_sizes_of_kinds_are_judged_with_the_axes_as_trying_all_names_judges_them(
    axes: list[tuple[str, int]], kinds: list[tuple[str, int]]
) -> None:
    """Shapes of some ports and measured sizes of the kinds of others fit when some values of the names give them."""
    ports = {f"x{i}": NeuralType(f"T:{text}") for i, (text, _) in enumerate(axes)}
    ports |= {f"n{i}": NeuralType(f"B ; Lengths({text})") for i, (text, _) in enumerate(kinds)}
    shapes = {f"x{i}": (number,) for i, (_, number) in enumerate(axes)}
    shapes |= {f"n{i}": (2,) for i in range(len(kinds))}
    columns = [TABLE[text] for text, _ in (*axes, *kinds)]
    fits = [number for _, number in (*axes, *kinds)] in (list(row) for row in zip(*columns, strict=True))

    found = check_shapes(ports, shapes, kinds={f"n{i}": [Measured(number)] for i, (_, number) in enumerate(kinds)})

    assert (found == ()) is fits


def test_a_problem_of_a_kind_says_where_both_numbers_were_read() -> None:
    """The lengths are blamed, not the axis they should measure, in whatever order the ports come."""
    ports = {"n": NeuralType("B ; Lengths(t//2)"), "x": NeuralType("B C T:t")}
    read = Measured(30, "encoder.t is 30, axis 1 of encoder.y")

    (problem,) = check_shapes(
        ports,
        {"n": (2,), "x": (2, 3, 80)},
        kinds={"n": [read]},
        owner="loss",
        producers={"n": "encoder.n"},
        location="train.py:41",
    )

    assert str(problem) == (
        "NM123  the values belong to another size than their port says        train.py:41\n"
        "  encoder.n -> loss.n\n"
        "\n"
        "                  axis 0   values\n"
        "  loss expects    Batch    Lengths(t//2)\n"
        "  encoder gives   2        Lengths(30)\n"
        "                           ^^^^^^^^^^^^^ differs\n"
        "\n"
        "  The value holds Lengths(30); encoder.t is 30, axis 1 of encoder.y; its type\n"
        "    says Lengths(t//2) and t is 80, axis 2 of x.\n"
        "  fix: connect what belongs to the axis that the port speaks of, which some\n"
        "    module has changed on the way."
    )


def test_a_size_of_a_kind_that_nobody_read_is_not_checked() -> None:
    """An unknown size fits everything."""
    ports = {"x": NeuralType("T:t"), "n": NeuralType("B ; Lengths(t)")}

    assert check_shapes(ports, {"x": (9,), "n": (2,)}, kinds={"n": [None]}) == ()
    assert check_shapes(ports, {"x": (9,), "n": (2,)}, kinds={"n": []}) == ()


def test_a_measured_size_may_be_nothing() -> None:
    """An axis without elements measures 0, which fits another of 0 and nothing else."""
    ports = {"x": NeuralType("T:t"), "n": NeuralType("B ; Lengths(t)")}

    assert check_shapes(ports, {"x": (0,), "n": (2,)}, kinds={"n": [Measured(0)]}) == ()
    (problem,) = check_shapes(ports, {"x": (9,), "n": (2,)}, kinds={"n": [Measured(0)]})
    assert "The value holds Lengths(0)" in problem.cause


def test_rows_stand_at_the_axes_that_they_take() -> None:
    """The mark is under the axis at fault, whatever the row swallows."""
    (problem,) = check_shapes({"x": NeuralType("*s C:64")}, {"x": (8, 100, 40)}, owner="linear")

    assert [(one.expected, one.given, one.marked) for one in problem.columns] == [
        ("*s", "8", False),
        ("*s", "100", False),
        ("Channel:64", "40", True),
    ]
    (problem,) = check_shapes({"x": NeuralType("*s B C:64")}, {"x": (8,)}, owner="linear")
    assert [(one.expected, one.given) for one in problem.columns] == [("Batch", "8"), ("Channel:64", "-")]


def test_the_wiring_is_blamed_where_the_value_keeps_its_promise() -> None:
    """A producer that left the size open is not at fault; one that promised the number is."""
    for value, blames_wiring in (("B C", True), ("B C:64", False)):
        (problem,) = check_shapes(
            {"x": NeuralType("B C:64")},
            {"x": (2, 40)},
            values={"x": NeuralType(value)},
            owner="linear",
            producers={"x": "pool.y"},
        )
        assert problem.code == "NM121"
        text = problem.fixes[0].text
        assert text.startswith(
            "connect a value of this size" if blames_wiring else "correct pool, which made the value"
        )
