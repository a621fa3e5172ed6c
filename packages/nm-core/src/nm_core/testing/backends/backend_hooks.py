"""The hooks that the author of a backend implements, and the tools that the checks make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nm_core.actions.backend import Backend, Session
from nm_core.actions.requests import InferRequest, Settings, TrainRequest
from nm_core.callbacks.run import TrainingResult
from nm_core.graphs.graph import Graph
from nm_core.modules.module import NeuralModule
from nm_core.symbols.ports import PortSpec, ports
from nm_core.symbols.tensor import NmTensor
from nm_core.testing.backends.recorders import Collector

VECTOR = "B Channel:2"
ROWS: Mapping[str, list[Any]] = {
    "x": [[0.5, -1.0], [1.0, 0.25], [-0.75, 0.5], [0.25, 0.75], [-1.0, -0.5], [0.75, -0.25], [-0.25, 1.0]],
    "target": [[2.5, -0.5], [2.25, 1.25], [-1.5, -0.25], [0.25, 1.0], [-1.0, -1.5], [2.25, 0.5], [-1.0, 0.75]],
    "index": [0, 1, 2, 3, 4, 5, 6],
}
"""Seven samples, so that micro-batches of two leave one over; the targets are affine in x."""


@dataclass(frozen=True)
class Task:
    """A regression over `ROWS`: its session, its module with weights, and its symbolic tensors."""

    session: Session
    net: NeuralModule
    x: NmTensor
    target: NmTensor
    index: NmTensor
    y: NmTensor
    loss: NmTensor


class BackendHooks:
    """The hooks that the author of a backend implements."""

    module_class: ClassVar[Any]
    """The class from which authors of modules for this backend derive.

    Its modules may use the operators +, - and * on tensors and numbers; gradients flow through them.
    """
    optimizer: ClassVar[Mapping[str, Any]] = {"name": "sgd", "lr": 0.05}
    """Plain gradient descent, as a file names it."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings with which every session of the suite is opened: `{"placement": "cpu"}`."""

    def backend(self) -> Backend:
        """Return a backend."""
        raise NotImplementedError("Return your backend: return MyBackend()")

    def linear(self, inputs: int, outputs: int, *, name: str) -> NeuralModule:
        """Return an affine map with a weight and a bias: a port x "B Channel:{inputs}", y "B Channel:{outputs}"."""
        raise NotImplementedError("Return a module with weights: return MyLinear(inputs, outputs, name=name)")

    def loss(self, y: NmTensor, target: NmTensor) -> NmTensor:
        """Return the mean squared difference over all elements of two symbolic tensors "B Channel"."""
        raise NotImplementedError("Connect a loss: return MySquaredError()(y=y, target=target)")

    def source(
        self, ports: PortSpec, columns: Mapping[str, list[Any]], *, batch_size: int, shuffle: bool, name: str
    ) -> NeuralModule:
        """Return a data layer with these output ports, over samples given as one column of plain values per port.

        A micro-batch is a tensor per column of numbers and a list per column of text; `shuffle` is about training.
        """
        raise NotImplementedError("Return a data layer: return MyRows(columns, ...)")

    def tensor(self, rows: Any) -> Any:
        """Return nested lists of numbers as a tensor of the framework; whole numbers stay whole."""
        raise NotImplementedError("Return a tensor: return my.tensor(rows)")

    def plain(self, value: Any) -> Any:
        """Return a tensor of the framework as nested lists of numbers."""
        raise NotImplementedError("Return lists: return value.tolist()")

    def weights(self, module: NeuralModule) -> Mapping[str, Any]:
        """Return a module's weights as nested lists, by the names they have in ties and patterns after the module's."""
        raise NotImplementedError('Return plain weights: return {"weight": [[...]], "bias": [...]}')

    def is_training(self, module: NeuralModule) -> bool:
        """Tell whether a module is in training mode."""
        raise NotImplementedError("Return the mode: return module.training")

    def seed(self, number: int) -> None:
        """Seed the framework's own generator, as users do."""
        raise NotImplementedError("Seed it: my.manual_seed(number)")

    def draw(self) -> float:
        """Return the next number from the framework's own generator, as modules draw it."""
        raise NotImplementedError("Draw: return float(my.random())")


class SuiteTools(BackendHooks):
    """The tools of the checks: sessions, modules, a small task to train."""

    def session(self, **settings: Any) -> Session:
        """Open a session of the backend."""
        return self.backend().open(Settings(**{**self.settings, **settings}))

    def module(
        self, name: str, forward: Callable[..., Any], inputs: PortSpec, outputs: PortSpec, *, base: Any = None
    ) -> NeuralModule:
        """Return a module of the framework, or of another base class, that computes a function."""
        base = base or self.module_class
        body = {
            "__doc__": "A module of the conformance suite.",
            "input_ports": inputs,
            "output_ports": outputs,
            "forward": lambda _self, **values: forward(**values),
        }
        module: NeuralModule = type(base)("Probe", (base,), body)(name=name)
        return module

    def task(
        self,
        session: Session | None = None,
        *,
        seed: int = 0,
        through: Callable[..., Any] | None = None,
        columns: Mapping[str, list[Any]] = ROWS,
    ) -> Task:
        """Return a regression with new weights; `through(x, index)` may change x on its way."""
        session = session or self.session()
        with session.seeded(seed, "net"):
            net = self.linear(2, 2, name="net")
        declared = ports(x=VECTOR, target=VECTOR, index="B ; Index")
        source = self.source(declared, columns, batch_size=2, shuffle=True, name="rows")
        x, target, index = source()
        features = x
        if through is not None:
            change = self.module("through", through, ports(x=VECTOR, index="B ; Index"), ports(y=VECTOR))
            features = change(x=x, index=index)
        y = net(x=features)
        return Task(session, net, x, target, index, y, self.loss(y, target))

    def train(self, task: Task, **request: Any) -> TrainingResult:
        """Train a task with plain gradient descent, a log point after each update."""
        settings: dict[str, Any] = {"optimizer": self.optimizer, "log_every": 1, **request}
        return task.session.train(TrainRequest(Graph([task.loss], name="train"), **settings))

    def recording(self, sink: Callable[[Any], object]) -> Callable[..., Any]:
        """Return a forward for `through` that sends the numbers of the samples that pass to a sink."""

        def forward(x: Any, index: Any) -> Any:
            sink(self.plain(index))
            return x * 1

        return forward

    def noise(self, x: Any, index: Any) -> Any:
        """Change x at random, as dropout does: a forward for `through`."""
        return x * (0.5 + self.draw())

    def collector(self, task: Task) -> Collector:
        """Return a metric bound to the outputs of a task's net."""
        return Collector(plain=self.plain).bind(value=task.y, index=task.index)

    def predict(self, net: NeuralModule) -> Any:
        """Return the outputs of a net for each row; two nets of equal predictions have equal weights."""
        return self.plain(net(x=self.tensor(ROWS["x"])))

    def infer(self, session: Session, tensors: Mapping[str, NmTensor], **request: Any) -> list[dict[str, Any]]:
        """Return all records of an inference."""
        return list(session.infer(InferRequest(Graph(tensors, name="infer"), **request)))
