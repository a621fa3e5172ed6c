"""PyTorch as the conformance suite for collections sees it."""

from nm_torch.conformance.probe import TorchProbe

__all__ = ["TorchProbe"]
