"""`FunctionOptimizer`: an optimizer that a function of the caller makes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer

from nm_torch.optim.errors import OptimizerError
from nm_torch.optim.parameters import NamedParameters, parameter_groups

__all__ = ["FunctionOptimizer"]


@dataclass(frozen=True)
class FunctionOptimizer:
    """An optimizer made by a function of the caller: it trains and resumes, and cannot be written to a file.

    Example:
        >>> import torch
        >>> spec = FunctionOptimizer(lambda parameters: torch.optim.SGD(parameters, lr=0.1))
        >>> type(spec.build(torch.nn.Linear(2, 3).named_parameters())).__name__
        'SGD'

    Args:
        function: takes the list of ``(name, parameter)`` pairs to train and returns a ``torch.optim.Optimizer``.
    """

    function: Callable[[list[Any]], Optimizer]

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        return str(getattr(self.function, "__qualname__", repr(self.function)))

    def build(self, named: NamedParameters) -> Optimizer:
        """Call the function with the parameters that want a gradient.

        Raises:
            OptimizerError: it does not return an optimizer, or one that lost the names of its parameters.
        """
        pairs = parameter_groups(named)[0]["params"]
        optimizer = self.function(pairs)
        if not isinstance(optimizer, Optimizer):
            raise OptimizerError(f"{self.name} must return a torch.optim.Optimizer, it returned {optimizer!r}.")
        names = {id(parameter): name for name, parameter in pairs}
        for group in optimizer.param_groups:
            if any(id(parameter) not in names for parameter in group["params"]):
                raise OptimizerError(f"{self.name} returned an optimizer of parameters that it was not given.")
            group["param_names"] = [names[id(parameter)] for parameter in group["params"]]
        return optimizer

    def arguments(self) -> dict[str, Any]:
        """Return no arguments: they are the function's own."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Refuse: a function is not data.

        Raises:
            OptimizerError: always.
        """
        raise OptimizerError(
            f"The optimizer {self.name} is a function and cannot be written to a file. "
            "Name one, or register it through the hook nm_optimizers."
        )
