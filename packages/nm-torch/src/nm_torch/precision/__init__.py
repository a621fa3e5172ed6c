"""Precision: a name resolved once against the device into autocast, TF32 and loss scaling."""

from nm_torch.precision.precision import LossScale, Precision, resolve_precision

__all__ = ["LossScale", "Precision", "resolve_precision"]
