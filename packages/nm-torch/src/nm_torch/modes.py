"""Training and evaluation mode of modules, restored afterwards; evaluation mode is shared by threads."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock

import torch
from torch import nn

_USERS = "_nm_evaluations"
"""The attribute of a module in training mode that counts who has it in evaluation mode just now."""
_LOCK = Lock()


class evaluation_mode(AbstractContextManager[None]):  # named like torch.no_grad, which it is used with
    """Put modules and all below them into evaluation mode inside the block.

    Any number of threads may do so at once: the first one changes a mode, the last one restores it, and a module that
    is in evaluation mode is not touched. So no forward pass of one thread runs in training mode because another ends.

    Example:
        >>> layer = nn.Dropout()
        >>> with evaluation_mode(layer):
        ...     layer.training
        False
        >>> layer.training
        True
    """

    def __init__(self, *modules: nn.Module) -> None:
        self.modules = modules
        self.changed: list[nn.Module] = []

    def __enter__(self) -> None:
        with _LOCK:
            for part in list_parts(*self.modules):
                state = part.__dict__
                if part.training or _USERS in state:
                    part.training = False
                    state[_USERS] = state.get(_USERS, 0) + 1
                    self.changed.append(part)

    def __exit__(self, *error: object) -> None:
        if not self.changed:
            return
        with _LOCK:
            for part in self.changed:
                users = part.__dict__[_USERS] - 1
                if users:
                    part.__dict__[_USERS] = users
                else:
                    del part.__dict__[_USERS]
                    part.training = True
            self.changed.clear()


@contextmanager
def training_mode(*modules: nn.Module) -> Iterator[None]:
    """Put modules and all below them into training mode, and restore the mode of each.

    A layer that keeps running statistics and whose weights are all frozen stays in evaluation mode, as its statistics
    would go on learning from its inputs.
    """
    changed = []
    for part in list_parts(*modules):
        # The attribute and not train(), which would set the children too and so undo the exception for frozen layers.
        target = not _is_frozen_norm(part)
        if part.training != target:
            part.training = target
            changed.append(part)
    try:
        yield
    finally:
        for module in changed:
            module.training = not module.training


def list_parts(*modules: nn.Module) -> list[nn.Module]:
    """Return modules and all below them; one that is shared stands in the list once for each place it has."""
    parts = list(modules)
    for part in parts:
        if part._modules:
            parts += [child for child in part._modules.values() if child is not None]
    return parts


def is_settled(module: nn.Module, device: torch.device) -> bool:
    """Tell whether all parts of a module are in evaluation mode for good and on a device.

    Then a forward pass has nothing to change before it and nothing to restore after it. It is asked for before each of
    them, so the walk is short: dictionaries are read past `nn.Module`'s own access, one tensor speaks for all that a
    part has itself, and devices are compared by their index, which is -1 for the CPU.
    """
    index = -1 if device.type == "cpu" else device.index or 0
    parts = [module]
    for part in parts:
        state = part.__dict__
        if part.training or _USERS in state:
            return False
        for tensor in (state["_parameters"] or state["_buffers"]).values():
            if tensor is not None:
                if tensor.get_device() != index:
                    return False
                break
        for child in state["_modules"].values():
            if child is not None:
                parts.append(child)
    return True


def _is_frozen_norm(module: nn.Module) -> bool:
    has_statistics = any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))
    weights = list(module.parameters(recurse=False)) if has_statistics else []
    return bool(weights) and not any(weight.requires_grad for weight in weights)
