"""`Runtime`: device, precision, strategy and settings that the actions of one factory share."""

from collections.abc import Callable, Mapping
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from nm_core.actions.requests import Settings
from nm_core.plugins import ConflictError
from nm_torch.engine.shared_context import SharedContext
from nm_torch.optim import (
    FunctionOptimizer,
    OptimizerSpec,
    Policy,
    UnknownOptimizerError,
    resolve_optimizer,
    resolve_policy,
)
from nm_torch.placement import resolve_device
from nm_torch.precision import Precision, resolve_precision
from nm_torch.strategies import Strategy, local_rank, resolve_strategy

T = TypeVar("T")


class Runtime:
    """Where and how the actions of one factory compute.

    Args:
        settings: of the factory.

    Attributes:
        precision: resolved against the device of this process.
        preparing: held by the thread that lowers a graph.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.preparing = Lock()
        device = resolve_device(settings.placement, local_rank())
        self.precision: Precision = resolve_precision(settings.precision, device)

    @cached_property
    def numerics(self) -> SharedContext | None:
        """The process-wide switches of torch that inference needs, shared by threads; None where there are none."""
        if self.precision.device.type == "cpu" and not self.settings.deterministic:
            return None
        return SharedContext(lambda: self.precision.numerics(deterministic=self.settings.deterministic))

    @cached_property
    def strategy(self) -> Strategy:
        """The way of spreading work over processes.

        Resolved at the first action, not by the constructor: `ddp` joins a process group and waits for its peers.
        """
        name = self.settings.strategy
        return resolve_strategy(name, self.precision.device, self._plugins("strategies", name))

    def resolve_optimizer(self, spec: Any) -> OptimizerSpec | FunctionOptimizer:
        """Return the description of the optimizer of a request, those of collections included."""
        return self._resolve(resolve_optimizer, "optimizers", spec)

    def resolve_policy(self, spec: Any) -> Policy:
        """Return the learning-rate policy of a request, those of collections included."""
        return self._resolve(resolve_policy, "policies", spec)

    def _resolve(self, resolve: Callable[..., T], group: str, spec: object) -> T:
        try:
            plugins = self._plugins(group, spec)
        except ConflictError as conflict:
            try:
                return resolve(spec)  # a name of torch keeps its meaning, whoever else offers it
            except UnknownOptimizerError:
                raise conflict from None
        return resolve(spec, extra=plugins)

    def _plugins(self, group: str, spec: object) -> dict[str, str]:
        """Return where the plugin that a spec names is, by its name; empty where no collection offers the name.

        Raises:
            ConflictError: several collections offer the name.
        """
        name = spec.get("name") if isinstance(spec, Mapping) else spec
        collections = self.settings.collections
        if collections is None or not isinstance(name, str) or not collections.owners(group, name):
            return {}
        return {name: collections.target(group, name)}
