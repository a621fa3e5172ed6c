"""The run-time form of a deferred check."""

import pytest

from nm_types import NeuralType, Problem, check_shapes


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
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 5)}, {}),
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 6)}, {"y": "NM121"}),
        ({"x": "*s C:3", "y": "*s"}, {"x": (2, 5, 3), "y": (2, 5, 1)}, {"y": "NM120"}),
        ({"x": "*s C:3"}, {"x": ()}, {"x": "NM120"}),
        ({"x": "*a C:3 *b"}, {"x": (2, 3, 4)}, {}),
        ({"x": "; Loss"}, {"x": ()}, {}),
        ({"x": "; Loss"}, {"x": (1,)}, {"x": "NM120"}),
        ({"x": "{}"}, {"x": (1, 2)}, {}),
        ({"x": "B Token:u"}, {"x": (2, 0)}, {}),
    ],
)
def test_shapes_against_types(ports: dict[str, str], shapes: dict[str, tuple[int, ...]], bad: dict[str, str]) -> None:
    """Ranks, numbers, names shared by ports, expressions, rows."""
    assert check(ports, shapes) == bad


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
        "  fix: correct the module that made the value, or the type that its port\n"
        "    declares."
    )
