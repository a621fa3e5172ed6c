"""What nm-core asks of a framework: lower a plan, run the actions, keep weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from nm_core.actions import EvalRequest, InferRequest, Settings, TrainRequest
from nm_core.module import NeuralModule
from nm_core.plan import Plan
from nm_core.run import TrainingResult


class Session(Protocol):
    """A backend at work for one factory; it keeps what one training hands to the next, and nothing process-wide."""

    def lower(self, plan: Plan) -> Any:
        """Return the framework segment of a plan as one module of the framework."""

    def train(self, request: TrainRequest) -> TrainingResult:
        """Train until the request's end."""

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of the request's metrics."""

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample."""

    def seeded(self, seed: int, name: str) -> AbstractContextManager[None]:
        """Make weights created inside depend on `seed` and `name` only, and give the caller's generator back."""

    def save_weights(self, module: NeuralModule, path: Path) -> None:
        """Write a module's weights to a file."""

    def load_weights(self, module: NeuralModule, path: Path) -> None:
        """Read a module's weights from a file, and refuse a file that does not fit."""

    def tie(self, modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
        """Make two weights, named `module.weight`, one."""

    def freeze(self, modules: Mapping[str, NeuralModule], pattern: str) -> int:
        """Stop the weights that match a pattern (`encoder.**`) from learning; return how many match."""


class Backend(Protocol):
    """A framework, found by name through the plugin layer."""

    def open(self, settings: Settings) -> Session:
        """Begin to work for a factory."""
