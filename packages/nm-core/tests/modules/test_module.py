"""Calls return the named tuple that a class declares for its outputs, on values and on symbolic tensors."""

from typing import Any, NamedTuple, Unpack

from nm_core import CompositeModule, ModuleOptions, NeuralModule, inputs, ports


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
