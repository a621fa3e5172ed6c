"""The PyTorch engine of Neural Modules: lowering, training, evaluation, inference, checkpoints.

Nothing is imported before it is used, torch included: the declaration of the collection `common` has to stay light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nm_core.symbols.ports import optional, ports, variadic
    from nm_torch import common
    from nm_torch.checking.check import check_module
    from nm_torch.loss import LossModule
    from nm_torch.lowering import lower
    from nm_torch.module import TorchModule
    from nm_torch.wrap import from_torch

_PLACES = {
    "LossModule": "nm_torch.loss",
    "TorchModule": "nm_torch.module",
    "check_module": "nm_torch.checking.check",
    "from_torch": "nm_torch.wrap",
    "lower": "nm_torch.lowering",
    "optional": "nm_core.symbols.ports",
    "ports": "nm_core.symbols.ports",
    "variadic": "nm_core.symbols.ports",
}

__all__ = [
    "LossModule",
    "TorchModule",
    "check_module",
    "common",
    "from_torch",
    "lower",
    "optional",
    "ports",
    "variadic",
]


def __getattr__(name: str) -> Any:
    """Import a part of the package when it is first asked for."""
    if name == "common":
        return import_module("nm_torch.common")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
