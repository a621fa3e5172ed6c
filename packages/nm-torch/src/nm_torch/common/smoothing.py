"""Cross entropy of softened labels from log-probabilities.

Legend: N positions, V classes.
"""

from typing import Any

import torch
from torch import Tensor

from nm_torch.common.errors import OptionError
from nm_torch.common.numerics import widen


def check_smoothing(smoothing: float) -> float:
    """Return a label smoothing, after checking that it is at least 0 and below 1."""
    if not 0.0 <= smoothing < 1.0:
        raise OptionError(f"label_smoothing must be at least 0 and below 1; given was {smoothing!r}.")
    return smoothing


def smoothed_cross_entropy(log_probs_NV: Tensor, labels_N: Tensor, *, smoothing: float, ignore_index: int) -> Tensor:
    """Return the summed cross entropy of labels softened by a uniform distribution (Szegedy et al. 2016, 1512.00567).

    The same as torch's `cross_entropy` with `label_smoothing`, from log-probabilities: every class gets
    `smoothing` / V of the weight, and the label the rest.

    Args:
        log_probs_NV: log-probabilities.
        labels_N: the right classes; positions with `ignore_index` count nothing.
        smoothing: weight of the uniform distribution, at least 0 and below 1.
        ignore_index: the label of positions that are left out.
    """
    total: Tensor = _SmoothedCrossEntropy.apply(widen(log_probs_NV), labels_N, smoothing, ignore_index)
    return total


class _SmoothedCrossEntropy(torch.autograd.Function):
    """The loss with a gradient in one pass: torch's own takes four passes over [N, V] and keeps the input."""

    @staticmethod
    def forward(log_probs_NV: Tensor, labels_N: Tensor, smoothing: float, ignore_index: int) -> Tensor:
        ignored_N = labels_N == ignore_index
        # gather needs an index within the classes: ignored positions read class 0, and are zeroed below
        right_N = log_probs_NV.gather(1, labels_N.masked_fill(ignored_N, 0).unsqueeze(1)).squeeze(1)
        loss_N = right_N if smoothing == 0.0 else (1.0 - smoothing) * right_N + smoothing * log_probs_NV.mean(dim=1)
        return -loss_N.masked_fill(ignored_N, 0.0).sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, float, int], output: Tensor) -> None:
        log_probs_NV, labels_N, ctx.smoothing, ctx.ignore_index = inputs
        ctx.classes, ctx.dtype = log_probs_NV.shape[1], log_probs_NV.dtype
        ctx.save_for_backward(labels_N)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, None, None, None]:
        (labels_N,) = ctx.saved_tensors
        gradient = gradients[0].to(ctx.dtype)
        weight_N1 = -gradient * (labels_N != ctx.ignore_index).to(ctx.dtype).unsqueeze(1)
        gradient_NV = (weight_N1 * (ctx.smoothing / ctx.classes)).repeat(1, ctx.classes)
        labels_N1 = labels_N.masked_fill(labels_N == ctx.ignore_index, 0).unsqueeze(1)
        gradient_NV.scatter_add_(1, labels_N1, weight_N1 * (1.0 - ctx.smoothing))
        return gradient_NV, None, None, None
