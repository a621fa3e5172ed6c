"""The metaclass describes constructors, takes the name of an instance, and finds the named tuple of the outputs."""

import inspect
import pydoc
from typing import Any, NamedTuple, Unpack

import pytest

from nm_core import Metric, ModuleDeclarationError, ModuleOptions, NeuralModule, ports


class SplitOutputs(NamedTuple):
    """Both parts of a list."""

    head: Any
    tail: Any


class Split(NeuralModule[SplitOutputs]):
    """Cut a list in two."""

    input_ports = ports(x="list[object Text]")
    output_ports = ports(head="list[object Text]", tail="list[object Text]")

    def __init__(self, at: int, *, strict: bool = False, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.at = at

    def forward(self, x: list[str]) -> tuple[list[str], list[str]]:
        """Return the two parts."""
        return x[: self.at], x[self.at :]


class Wider(Split):
    """A base's outputs, with a parameter more."""

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class Score(Metric):
    """A metric with one port and one parameter."""

    input_ports = ports(hypotheses="list[object Text]")

    def __init__(self, *, lowercase: bool = False) -> None:
        super().__init__()


class Older(NeuralModule):
    """A constructor of the first release, which takes its own parameters alone."""

    def __init__(self, *, size: int) -> None:
        super().__init__()
        self.size = size


def test_older_constructors_still_take_a_name() -> None:
    """A class without `**options` is named as any other; the name is no parameter of any module."""
    older = Older(size=3, name="older")  # type: ignore[call-arg]

    assert (older.name, older.size, dict(older.params)) == ("older", 3, {"size": 3})
    assert "name" not in Split(1, name="split").params
    assert str(inspect.signature(Older)) == "(*, size: int, name: 'str | None' = None)"


def test_signatures_show_the_parameters_of_the_constructor() -> None:
    """`inspect.signature` shows what can be given: parameters, those of the base by name alone, and `name`."""
    assert str(inspect.signature(Split)) == "(at: int, *, strict: bool = False, name: 'str | None' = None)"
    assert str(inspect.signature(Wider)) == "(width: int, *, at: int, strict: bool = False, name: 'str | None' = None)"
    assert list(inspect.signature(NeuralModule).parameters) == ["name"]


def test_signatures_of_metrics_show_the_tensors_they_are_bound_to() -> None:
    """A metric takes symbolic tensors for its ports when it is made."""
    assert list(inspect.signature(Score).parameters) == ["lowercase", "hypotheses", "name"]


def test_help_shows_the_parameters() -> None:
    """`help` begins with the class and what its constructor takes."""
    text = pydoc.render_doc(Split, renderer=pydoc.plaintext)

    assert "class Split(" in text
    assert "Split(at: int, *, strict: bool = False, name: 'str | None' = None)" in text


def test_signatures_of_instances_are_those_of_a_call() -> None:
    """The signature of the class does not hide that of a module as a callable."""
    assert list(inspect.signature(Split(1)).parameters) == ["args", "kwargs"]


@pytest.mark.parametrize(
    "declared", [{"tail": "{}", "head": "{}"}, {"head": "{}"}, {"head": "{}", "rest": "{}"}, {}], ids=str
)
def test_outputs_declared_in_another_order_are_refused(declared: dict[str, str]) -> None:
    """The fields of the named tuple are the output ports in their order, or the class is not made."""
    with pytest.raises(ModuleDeclarationError, match=r"Wrong returns SplitOutputs\(head, tail\)"):

        class Wrong(NeuralModule[SplitOutputs]):
            output_ports = ports(**declared)


def test_an_input_port_with_rows_that_no_value_decides_is_refused_when_declared() -> None:
    """An output may have them; the message names the class and the port."""
    with pytest.raises(ModuleDeclarationError, match=r"(?s)The input ports of Wrong, x: .*an input has one row"):
        type("Wrong", (NeuralModule,), {"input_ports": {"x": "*a *b"}})

    type("Right", (NeuralModule,), {"input_ports": {"x": "*a Time *b"}, "output_ports": {"y": "*a *b"}})
