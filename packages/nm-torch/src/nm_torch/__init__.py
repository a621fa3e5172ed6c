"""The PyTorch engine of Neural Modules: lowering, training, evaluation, inference, checkpoints."""

from nm_core.ports import optional, ports, variadic
from nm_torch.loss import LossModule
from nm_torch.module import TorchModule
from nm_torch.wrap import from_torch

__all__ = ["LossModule", "TorchModule", "from_torch", "optional", "ports", "variadic"]
