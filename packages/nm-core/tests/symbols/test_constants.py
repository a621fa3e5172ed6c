"""Constants given to ports are typed values: with a code and the port's type."""

from typing import Any

import pytest

from nm_core import NeuralModule, PortError, inputs, optional, ports, variadic
from nm_core.symbols.tensor import ConstantInput
from nm_types import NeuralTypeError


class Constants(NeuralModule):
    """Takes values that may be constants beside one that may not."""

    input_ports = ports(
        x=optional("B T"),
        labels=optional("B Token ; Labels(5)"),
        index=optional("; Index"),
        number=optional("; Logits"),
        flag=optional("*s ; Mask"),
        anything=optional("{}"),
        text=optional("object Text"),
        texts=optional("list[object Text]"),
        row=optional("*s"),
        xs=optional("B"),
        several=variadic("*r"),
    )
    output_ports = ports(y="B T")


LEGAL: list[tuple[str, Any]] = [
    ("index", 3), ("index", -1), ("number", 1.5), ("number", 1), ("flag", True), ("anything", "hello"),
    ("anything", 1), ("text", "hello"), ("row", 1), ("row", 0.5), ("labels", None), ("text", None),
]  # fmt: skip
WRONG = [
    ("labels", 1, "NM102"), ("x", 1.0, "NM102"), ("x", "hello", "NM110"), ("index", 1.5, "NM106"),
    ("index", True, "NM106"), ("number", False, "NM106"), ("flag", 1, "NM106"), ("text", 3, "NM110"),
    ("texts", "hello", "NM110"), ("row", "hello", "NM110"), ("several", 1, "NM110"), ("several", "a", "NM110"),
]  # fmt: skip


@pytest.mark.parametrize(("port", "value"), LEGAL)
def test_a_constant_that_is_what_its_port_asks_for_is_taken(port: str, value: Any) -> None:
    """A number is a tensor without axes, a text an object; None leaves a port open."""
    Constants(name="m")(several=[inputs(x="B T")], **{port: value})


@pytest.mark.parametrize(("port", "value", "code"), WRONG)
def test_a_constant_of_another_type_is_refused_in_python(port: str, value: Any, code: str) -> None:
    """With the code that an output of that type would have."""
    arguments: dict[str, Any] = {"several": [inputs(x="B T")], port: value}
    with pytest.raises(NeuralTypeError) as caught:
        Constants(name="m")(**arguments, **({} if port == "x" else {"x": inputs(x="B T")}))

    (problem,) = caught.value.problems
    assert (problem.code, problem.port, problem.consumer) == (code, port, "m")
    assert repr(value) in problem.given
    assert problem.expected == str(Constants.input_ports[port].type)
    assert problem.location


def test_numbers_of_other_libraries_are_those_of_python() -> None:
    """Numbers of numpy are registered as numbers; what a graph holds can be written to a file."""
    numpy = pytest.importorskip("numpy")
    free = inputs(x="B T")
    numbers = [(numpy.int64(3), 3), (numpy.float32(0.5), 0.5), (numpy.float64(0.5), 0.5), (numpy.bool_(True), True)]
    for value, expected in numbers:
        call = Constants(name="m")(several=[free], anything=value).call
        assert call.inputs["anything"] == ConstantInput(expected)
        assert type(call.inputs["anything"].value) is type(expected)
    with pytest.raises(NeuralTypeError, match="NM106"):
        Constants(name="m")(several=[free], index=numpy.float32(1.5))


@pytest.mark.parametrize("port", ["texts", "anything", "several"])
def test_lists_of_constants_are_refused_with_a_way_on(port: str) -> None:
    """Whatever the port: a graph holds single numbers and texts."""
    with pytest.raises(PortError, match=r"a list of constants(.|\n)*a parameter of a module"):
        Constants(name="m")(**{"several": [inputs(x="B T")], "xs": inputs(x="B"), port: ["a", "b"]})


def test_a_number_is_held_against_the_rows_of_other_ports() -> None:
    """One row is the same axes in all ports of a call, and a number has none."""

    class Scale(NeuralModule):
        """A product."""

        input_ports = ports(x="*s", factor="*s")
        output_ports = ports(y="*s")

    free = inputs(x="B T", number="; Loss")
    with pytest.raises(NeuralTypeError, match=r"NM112(.|\n)*the axes of x at \*s \(Batch Time\), the int 3 has none"):
        Scale(name="m")(x=free.x, factor=3)
    assert Scale(name="m")(x=free.number, factor=3).type.rank == 0


def test_a_bad_constant_is_reported_together_with_bad_edges() -> None:
    """All faults of a call at once."""
    free = inputs(x="T B")
    with pytest.raises(NeuralTypeError) as caught:
        Constants(name="m")(x=free, labels=1, index="hello", several=[free])

    assert [(problem.port, problem.code) for problem in caught.value.problems] == [
        ("labels", "NM102"),
        ("index", "NM110"),
        ("x", "NM104"),
    ]
