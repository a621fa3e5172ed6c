"""The parameters of `forward`, `build`, `update`, `total` and `weight` are compared with the ports of a class."""

import functools
from typing import Any

import pytest

from nm_core import CompositeModule, Metric, ModuleDeclarationError, NeuralModule, optional, ports


def test_a_parameter_that_is_no_port_is_an_error_of_the_class() -> None:
    """The error names the method, both names, and the port that was meant, when the class is made."""
    with pytest.raises(ModuleDeclarationError, match=r"Encoder\.forward") as caught:

        class Encoder(NeuralModule):
            input_ports = ports(images="B H W")
            output_ports = ports(y="B")

            def forward(self, image: Any) -> Any:
                return image

    assert 'Its parameter "image" is no port. Did you mean "images"?' in str(caught.value)
    assert 'The port "images" is no parameter' in str(caught.value)
    assert isinstance(caught.value, TypeError)


def test_composites_and_metrics_are_held_to_their_ports_too() -> None:
    """The `build` of a composite and the `update` of a metric are given values by name as well."""
    with pytest.raises(ModuleDeclarationError, match=r"Twice\.build"):

        class Twice(CompositeModule):
            input_ports = ports(x="B")
            output_ports = ports(y="B")

            def build(self, xs: Any) -> Any:
                return xs

    with pytest.raises(ModuleDeclarationError, match=r"Length\.update"):

        class Length(Metric):
            input_ports = ports(texts="list[object Text]")

            def update(self, text: Any) -> None:
                """Do nothing."""


def test_a_port_that_an_inherited_forward_does_not_take_is_found() -> None:
    """Ports that are added to a class with a `forward` are compared as well, and so is a positional-only parameter."""

    class Plain:
        def forward(self, x: Any, /) -> Any:
            return x

    with pytest.raises(ModuleDeclarationError, match='The port "x" is no parameter that can be given by name'):

        class Ported(NeuralModule, Plain):
            input_ports = ports(x="B")
            output_ports = ports(y="B")


def test_what_may_take_anything_passes() -> None:
    """Keywords, wrappers, defaults, arguments beside the ports and bases without ports are no faults."""

    def logged(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, x=kwargs["image"])

        return call

    class Base(NeuralModule):
        def forward(self, x: Any) -> Any:
            return x

    class Keywords(NeuralModule):
        input_ports = ports(image="B")
        output_ports = ports(y="B")

        def forward(self, **values: Any) -> Any:
            return values

    class Wrapped(NeuralModule):
        input_ports = ports(image="B")
        output_ports = ports(y="B")

        @logged
        def forward(self, x: Any) -> Any:
            return x

    class Default(Base):
        input_ports = ports(x="B", length=optional("B"))
        output_ports = ports(y="B")

        def forward(self, x: Any, length: Any = None, scale: float = 1.0) -> Any:
            return x

    class Beside(NeuralModule):
        input_ports = ports(x="B")
        output_ports = ports(y="B")

        def typed_arguments(self, call: Any) -> dict[str, Any]:
            return {"dim": 0}

        def forward(self, x: Any, dim: int) -> Any:
            return x

    class Child(Wrapped):
        """A class that inherits its ports and its method together."""

    assert [cls()._nm.name for cls in (Base, Keywords, Wrapped, Default, Beside, Child)]
