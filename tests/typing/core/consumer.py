"""A program of somebody else, for type checkers alone: `mypy --strict` reads it against the installed wheels.

Without `py.typed` in a wheel each import would be an error. The comments `type: ignore` are expectations too: a mistake
that is no longer found is an unused comment, and so an error.
"""

from collections.abc import Mapping
from typing import Any, assert_type

from nm_core import (
    Callback,
    Graph,
    Metric,
    NeuralModule,
    NeuralModuleFactory,
    NmError,
    NmTensor,
    PortSpec,
    Run,
    TrainingResult,
    ports,
)
from nm_core import inputs as free_inputs
from nm_core.plugins import Collection, ModuleSpec, hookimpl
from nm_types import Comparison, NeuralType, TokenTag


class PhonemeTag(TokenTag, id="consumer.Phoneme"):
    """A tag of one's own."""


class Scale(NeuralModule):
    """A module of one's own, whose signature is its own as well."""

    input_ports = ports(x="B T:t")
    output_ports = ports(y="B T:t")

    def __init__(self, *, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: list[float]) -> list[float]:
        """Multiply."""
        return [self.factor * value for value in x]


class Count(Metric):
    """A metric that says what it takes."""

    def update(self, hypotheses: list[str]) -> None:
        """Count."""


class Watch(Callback):
    """A callback."""

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """Look at what is logged."""
        assert_type(run.step, int)


@hookimpl
def nm_collection() -> Collection:
    """Declare a collection."""
    return Collection(
        name="consumer",
        summary="For a type checker.",
        modules=[ModuleSpec(name="Scale", summary="Multiply.", targets={"torch": "consumer:Scale"}, version=1)],
    )


def use(factory: NeuralModuleFactory) -> TrainingResult:
    """Use what a newcomer uses."""
    given, expected = NeuralType("B T:t Channel"), NeuralType("B T:t")
    assert_type(given.compare(expected), Comparison)
    assert_type(ports(x="B T"), PortSpec)
    try:
        free: Any = free_inputs(x="B T")
        scale = Scale(factor=2.0)
        graph = Graph(outputs={"y": scale(x=free.x)}, inputs={"x": free.x})
    except NmError as error:
        raise SystemExit(str(error)) from error
    return factory.train([graph.outputs["y"]], callbacks=[Watch()], max_steps=1)


NeuralType(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Scale(factor="two")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Scale(speed=2.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def train(factory: NeuralModuleFactory, loss: NmTensor) -> None:
    """Options of training are known by name and type."""
    assert_type(factory.train(tensors_to_optimize=[loss], optimizer="sgd", max_epochs=3), TrainingResult)
    factory.train(loss, max_step=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    factory.train(loss, max_steps="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    factory.train(loss, non_finite="stop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    factory.train(max_steps=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
