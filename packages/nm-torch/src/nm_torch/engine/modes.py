"""Training and evaluation mode of modules, given back as they were."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def mode(modules: Iterable[nn.Module], *, training: bool) -> Iterator[None]:
    """Put modules and all below them into training or evaluation mode, and give back the mode of each.

    A layer that keeps running statistics and whose weights are all frozen stays in evaluation mode, as its statistics
    would go on learning from what it sees.
    """
    changed = []
    for part in (part for module in modules for part in module.modules()):
        wanted = training and not _is_frozen_norm(part)
        if part.training != wanted:
            part.training = wanted
            changed.append(part)
    try:
        yield
    finally:
        for module in changed:
            module.training = not module.training


def _is_frozen_norm(module: nn.Module) -> bool:
    keeps = any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))
    weights = list(module.parameters(recurse=False)) if keeps else []
    return bool(weights) and not any(weight.requires_grad for weight in weights)
