"""`Strategy`: the interface between the engine and a way of spreading work over processes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import torch
from torch import nn

from nm_torch.lowering import Lowered


class Strategy(ABC):
    """A way of spreading a run over processes; subclass it to add one of your own.

    Example:
        >>> from nm_torch.strategies import resolve_strategy
        >>> strategy = resolve_strategy("single", torch.device("cpu"))
        >>> strategy.world_size, strategy.sum([1.0, 2.0])
        (1, [1.0, 2.0])

    Args:
        device: where this process computes.

    Attributes:
        rank: number of this process, from 0.
        world_size: number of processes.
        device: where this process computes.
        divides: the number by which the strategy divides summed gradients; the engine multiplies its losses by it.
    """

    name: ClassVar[str]
    rank: int = 0
    world_size: int = 1
    divides: float = 1.0

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @abstractmethod
    def wrap(self, module: Lowered, *, may_be_unused: bool) -> nn.Module:
        """Return the module that forward passes of training call.

        Args:
            module: the lowered training graph, on the device already.
            may_be_unused: some parameters may have no part in the loss.
        """

    @abstractmethod
    def accumulating(self, module: nn.Module) -> AbstractContextManager[Any] | None:
        """Return the context of forward and backward of all micro-batches but the last, or None."""

    @abstractmethod
    def sum(self, values: Sequence[float]) -> list[float]:
        """Return the sums of numbers on the host over all processes."""

    @abstractmethod
    def gather(self, data: Any) -> list[Any]:
        """Return the plain data of each process, by rank."""

    @abstractmethod
    def barrier(self) -> None:
        """Wait until every process is here."""
