"""Which parameters an optimizer gets, and which of them decay."""

from collections.abc import Iterable
from typing import Any

from torch import nn

from nm_torch.optim.errors import OptimizerError

__all__ = ["NamedParameters", "parameter_groups"]

NamedParameters = Iterable[tuple[str, nn.Parameter]]


def parameter_groups(
    named: NamedParameters, *, weight_decay: float = 0.0, decay_all: bool = False
) -> list[dict[str, Any]]:
    """Cut named parameters into the groups a ``torch.optim`` optimizer takes, each with its weight decay.

    Parameters with fewer than two dimensions (biases, scales of normalisations) get no weight decay unless
    ``decay_all``. Parameters that want no gradient are left out; one that comes twice (tied weights) keeps its first
    name.

    Raises:
        OptimizerError: nothing is left to train.
    """
    ids: set[int] = set()
    trained: list[tuple[str, nn.Parameter]] = []
    for name, parameter in named:
        if parameter.requires_grad and id(parameter) not in ids:
            ids.add(id(parameter))
            trained.append((name, parameter))
    if not trained:
        raise OptimizerError(
            "There is nothing to train: no parameter asks for a gradient. "
            "Optimise a loss whose modules have weights, or unfreeze some of them."
        )
    if decay_all or not weight_decay:
        return [{"params": trained, "weight_decay": weight_decay}]
    groups = [
        {"params": [pair for pair in trained if pair[1].ndim >= 2], "weight_decay": weight_decay},
        {"params": [pair for pair in trained if pair[1].ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
