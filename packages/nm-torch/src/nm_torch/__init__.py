"""The PyTorch engine of Neural Modules: lowering, training, evaluation, inference, checkpoints.

Nothing is imported before it is used, torch included: the declaration of the collection `common` has to stay light.
"""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_core.symbols.ports import optional, ports, variadic
    from nm_torch import common
    from nm_torch.call_checks import checked
    from nm_torch.checking.check import check_module
    from nm_torch.loss import LossModule
    from nm_torch.lowering import lower
    from nm_torch.module import TorchModule
    from nm_torch.wrap import from_torch
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "LossModule": "nm_torch.loss",
            "TorchModule": "nm_torch.module",
            "checked": "nm_torch.call_checks",
            "check_module": "nm_torch.checking.check",
            "common": "nm_torch.common",
            "from_torch": "nm_torch.wrap",
            "lower": "nm_torch.lowering",
            "optional": "nm_core.symbols.ports",
            "ports": "nm_core.symbols.ports",
            "variadic": "nm_core.symbols.ports",
        },
    )

__all__ = [
    "LossModule",
    "TorchModule",
    "check_module",
    "checked",
    "common",
    "from_torch",
    "lower",
    "optional",
    "ports",
    "variadic",
]
