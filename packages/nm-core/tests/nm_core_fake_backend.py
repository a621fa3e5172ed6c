"""A backend that computes nothing and remembers what it was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nm_core_samples import Decoder, Encoder, Features, Loss, Text

from nm_core import NeuralModuleFactory, Plan, TrainingResult
from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
from nm_core.plugins import Collection, Collections, ModuleSpec, hookimpl


class FakeSession:
    """A session that remembers what it was asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asked: list[Any] = []

    def lower(self, plan: Plan) -> Plan:
        """Give the plan back."""
        return plan

    rank = 0

    def share(self, value: Any) -> Any:
        """Return the value: there is one process."""
        return value

    def train(self, request: TrainRequest) -> TrainingResult:
        """Remember the request."""
        self.asked.append(request)
        return TrainingResult(step=request.max_steps or 0, epoch=0, samples=0, losses={}, reason="finished", seconds=0)

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Compute each metric on one batch."""
        for metric in request.metrics:
            metric.update(text=["a", "b"])
        return {name: score for metric in request.metrics for name, score in metric.compute().items()}

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield two records."""
        self.asked.append(request)
        for number in range(2):
            yield dict.fromkeys(request.graph.outputs, number)

    def convert_value(self, value: Any, family: str | None) -> Any:
        """Take any value as it is."""
        return value

    def observe(self, value: Any) -> None:
        """Know no tensors."""

    def extremes(self, value: Any) -> tuple[float, float]:
        """Know no numbers."""
        return 0, 0

    @contextmanager
    def seeded(self, seed: int, name: str) -> Iterator[None]:
        """Remember under what weights were made."""
        self.asked.append((seed, name))
        yield

    def seed_generator(self, seed: int) -> None:
        """Remember the seed."""
        self.asked.append(("seed", seed))

    def tie(self, modules: Any, first: str, second: str) -> None:
        """Remember the tie."""
        self.asked.append(("tie", first, second, sorted(modules)))

    def freeze(self, modules: Any, pattern: str) -> int:
        """Remember the pattern."""
        self.asked.append(("freeze", pattern, sorted(modules)))
        return 1


class FakeBackend:
    """A backend that computes nothing."""

    def open(self, settings: Settings) -> FakeSession:
        """Begin a session."""
        return FakeSession(settings)


class Plugin:
    """A collection of the sample modules."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the modules."""
        spec = ModuleSpec("Encoder", "An encoder.", targets={"fake": "nm_core_samples:Encoder"})
        return Collection("sample", "Samples.", modules=[spec])

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"fake": "nm_core_fake_backend:FakeBackend"}


def factory(**settings: Any) -> NeuralModuleFactory:
    """Make a factory on the fake backend."""
    collections = Collections.load({"sample": Plugin()}, installed=False)
    return NeuralModuleFactory(backend="fake", collections=collections, **settings)


def speech(encoder: Any = None) -> Any:
    """Build a small speech graph: its loss and its text."""
    spec, length, labels, _ = Features()()
    encoded, encoded_length = (encoder or Encoder())(signal=spec, length=length)
    log_probs, _ = Decoder()(encoded=encoded, length=encoded_length)
    return Loss()(log_probs=log_probs, labels=labels), Text()(log_probs=log_probs)
