"""Precision: a name resolved once against the device into autocast, TF32 and loss scaling."""

from nm_torch.precision.loss_scale import LossScale
from nm_torch.precision.precision import Precision, resolve_precision

__all__ = ["LossScale", "Precision", "resolve_precision"]
