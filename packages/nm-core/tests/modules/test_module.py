"""Modules: how constructors are described, and which named tuple a call returns."""

import inspect
import pydoc
from typing import Any, NamedTuple, Unpack

import pytest

from nm_core import CompositeModule, Metric, ModuleDeclarationError, ModuleOptions, NeuralModule, inputs, ports


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


class Pair(CompositeModule[SplitOutputs]):
    """A composite with declared outputs."""

    input_ports = ports(x="list[object Text]")
    output_ports = ports(head="list[object Text]", tail="list[object Text]")

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.split = Split(1, name="split")

    def build(self, x: Any) -> Any:
        """Split."""
        return self.split(x)


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


def test_declared_outputs_are_returned() -> None:
    """Calls on values and on symbols return the named tuple of the class, of a base, and of a composite."""
    texts = inputs(x="list[object Text]")
    for module in (Split(1), Wider(width=2, at=1), Pair()):
        head, tail = module(x=["a", "b"])
        assert (head, tail) == (["a"], ["b"])
        assert type(module(x=["a", "b"])) is SplitOutputs
        assert type(module(x=texts)) is SplitOutputs
        assert module(x=texts).tail.port == "tail"


def test_outputs_that_a_class_returns_itself_are_left_as_they_are() -> None:
    """`forward` may return the named tuple instead of a plain one."""

    class Itself(Split):
        def forward(self, x: list[str]) -> SplitOutputs:
            return SplitOutputs(x[:1], x[1:])

    assert type(Itself(1)(x=["a", "b"])) is SplitOutputs


def test_other_ports_than_the_base_has_go_into_a_tuple_of_their_own() -> None:
    """A subclass that declares ports anew, and no named tuple, returns the one made of its ports."""

    class Thirds(Split):
        output_ports = ports(first="list[object Text]", second="list[object Text]", third="list[object Text]")

        def forward(self, x: list[str]) -> Any:
            return x[:1], x[1:2], x[2:]

    outputs: Any = Thirds(1)(x=["a", "b", "c"])
    assert (type(outputs).__name__, outputs._fields) == ("ThirdsOutputs", ("first", "second", "third"))


@pytest.mark.parametrize(
    "declared", [{"tail": "{}", "head": "{}"}, {"head": "{}"}, {"head": "{}", "rest": "{}"}, {}], ids=str
)
def test_outputs_declared_in_another_order_are_refused(declared: dict[str, str]) -> None:
    """The fields of the named tuple are the output ports in their order, or the class is not made."""
    with pytest.raises(ModuleDeclarationError, match=r"Wrong returns SplitOutputs\(head, tail\)"):

        class Wrong(NeuralModule[SplitOutputs]):
            output_ports = ports(**declared)
