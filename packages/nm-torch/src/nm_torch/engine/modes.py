"""Training and evaluation mode of modules, given back as they were."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def mode(modules: Iterable[nn.Module], *, training: bool) -> Iterator[None]:
    """Put modules and all below them into training or evaluation mode, and give back the mode of each."""
    changed = [m for module in modules for m in module.modules() if m.training != training]
    for module in changed:
        module.training = training
    try:
        yield
    finally:
        for module in changed:
            module.training = not training
