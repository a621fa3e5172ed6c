"""Training and evaluation mode of modules, restored afterwards."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def module_mode(modules: Iterable[nn.Module], *, training: bool) -> Iterator[None]:
    """Put modules and all below them into training or evaluation mode, and restore the mode of each.

    A layer that keeps running statistics and whose weights are all frozen stays in evaluation mode, as its statistics
    would go on learning from its inputs.
    """
    changed = []
    for part in (part for module in modules for part in module.modules()):
        # The attribute and not train(), which would set the children too and so undo the exception for frozen layers.
        target = training and not _is_frozen_norm(part)
        if part.training != target:
            part.training = target
            changed.append(part)
    try:
        yield
    finally:
        for module in changed:
            module.training = not module.training


def _is_frozen_norm(module: nn.Module) -> bool:
    has_statistics = any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))
    weights = list(module.parameters(recurse=False)) if has_statistics else []
    return bool(weights) and not any(weight.requires_grad for weight in weights)
