"""One process."""

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import nn

from nm_torch.lowering import Lowered
from nm_torch.strategies.base import Strategy


class SingleStrategy(Strategy):
    """One process does all the work."""

    name: ClassVar[str] = "single"

    def wrap(self, module: Lowered, *, may_be_unused: bool) -> nn.Module:
        """Return the module itself."""
        return module

    def accumulating(self, module: nn.Module) -> None:
        """Return nothing: gradients add up by themselves."""

    def sum(self, values: Sequence[float]) -> list[float]:
        """Return the values."""
        return list(values)

    def gather(self, data: Any) -> list[Any]:
        """Return the data of the one process."""
        return [data]

    def barrier(self) -> None:
        """Return at once."""
