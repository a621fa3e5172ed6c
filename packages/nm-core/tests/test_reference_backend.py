"""A small graph through train, eval and infer on a backend in plain Python: the core needs no framework."""

from typing import Any

import pytest
from nm_core_reference import Linear, Rows, SquaredError, Tensor

from nm_core import Graph, Metric, NeuralModule, NeuralModuleFactory, NmTensor, assume, casts, inputs, ports, transpose
from nm_core.plugins import Collection, Collections, ModuleSpec, hookimpl

X = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [-1.0, 0.5], [0.5, -0.5]]
TARGET = [[2 * a - b + 0.5] for a, b in X]


class Points(Rows):
    """Points in the plane, and a number for each."""

    output_ports = ports(x="B Channel:2", target="B Channel:1", index="B ; Index")


class Sign(NeuralModule):
    """The sign of a number as a word, in Python."""

    input_ports = ports(y="B Channel:1")
    output_ports = ports(word="list[object Text]")

    def forward(self, y: Tensor) -> list[str]:
        """Return a word per sample."""
        return ["positive" if value > 0 else "negative" for value in y.values]


class Agreement(Metric):
    """How many words agree with the sign of a target."""

    input_ports = ports(word="list[object Text]", target="B Channel:1")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.right = self.count = 0

    def update(self, word: Any, target: Any) -> None:
        """Count."""
        self.count += len(word)
        self.right += sum((one == "positive") == (value > 0) for one, value in zip(word, target.values, strict=True))

    def compute(self) -> dict[str, float]:
        """Return the fraction."""
        return {"agreement": self.right / self.count}


class Plugin:
    """The collection `ref`, with its backend."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the module with weights."""
        return Collection("ref", "Samples.", [ModuleSpec("Linear", "A map.", {"plain": "nm_core_reference:Linear"})])

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"plain": "nm_core_reference:ReferenceBackend"}


@pytest.fixture(scope="module")
def collections() -> Collections:
    """The sample collection and nothing installed."""
    return Collections.load({"ref": Plugin()}, installed=False)


def regression(factory: NeuralModuleFactory) -> tuple[Linear, NmTensor, NmTensor, NmTensor]:
    """Return a linear map made by its id, what it makes of the points, their targets, and a loss."""
    x, target, _ = Points(columns={"x": X, "target": TARGET, "index": list(range(5))}, batch_size=2, shuffle=True)()
    net = factory.create("ref.Linear", inputs=2, outputs=1)
    y = net(x=x)
    return net, y, target, SquaredError()(y=y, target=target)


def test_a_graph_trains_evaluates_and_infers(collections: Collections) -> None:
    """Gradient descent finds the map that made the targets; words and scores follow from it."""
    factory = NeuralModuleFactory(backend="plain", collections=collections)
    net, y, target, loss = regression(factory)
    word = Sign()(y=y)

    result = factory.train([loss], optimizer={"name": "sgd", "lr": 0.2}, max_epochs=100)

    assert (result.reason, result.step, result.losses["loss"] < 1e-6) == ("finished", 300, True)
    assert net.weight.plain()[0] == pytest.approx([2.0, -1.0], abs=1e-3)
    assert net.bias.plain() == pytest.approx([0.5], abs=1e-3)
    assert factory.eval(Agreement(word=word, target=target)) == {"agreement": 1.0}
    words = ["positive" if value > 0 else "negative" for (value,) in TARGET]
    assert factory.infer([word]).collect() == {"word": words}


def test_weights_of_created_modules_follow_from_seed_and_name(collections: Collections) -> None:
    """Two factories of one seed make equal weights, and train to equal weights, whatever runs beside them."""
    made = []
    for _ in range(2):
        factory = NeuralModuleFactory(backend="plain", collections=collections, seed=3)
        net, _, _, loss = regression(factory)
        factory.train(loss, optimizer="sgd", max_steps=4)
        made.append(net.weight.values)
    assert made[0] == made[1]


def test_ties_and_freezing_are_facts_of_the_factory(collections: Collections) -> None:
    """Said before the modules are known, they hold in every graph."""
    factory = NeuralModuleFactory(backend="plain", collections=collections)
    factory.tie("linear.weight", "other.weight")
    factory.freeze("linear.bias")
    net, _, _, loss = regression(factory)
    other = factory.create("ref.Linear", name="other", inputs=2, outputs=1)
    before = net.bias.plain()

    factory.train(loss, optimizer="sgd", max_steps=4)

    assert other.weight is net.weight
    assert net.bias.plain() == before


def test_a_lowered_graph_is_a_plain_callable(collections: Collections) -> None:
    """Casts and views included, without an action."""
    factory = NeuralModuleFactory(backend="plain", collections=collections)
    net = factory.create("ref.Linear", inputs=2, outputs=1)
    given = inputs(x="Channel:2 B")
    with casts("transpose"):
        y = net(x=given)
    same = net(x=assume(transpose(given, "B Channel"), "B Channel:2"))

    lowered = factory.lower(Graph({"y": y, "same": same}))

    first, second = lowered(x=Tensor.of([[0.0, 1.0], [1.0, 0.0]]))
    assert first.plain() == second.plain() == net(x=Tensor.of([[0.0, 1.0], [1.0, 0.0]])).plain()
