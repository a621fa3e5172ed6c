"""Layers that look at an utterance's own frames only.

Axes: B batch, C channels, T frames. ``outside`` is true past the end of an utterance, ``[B, 1, T]``.
"""

import torch
from torch import Tensor, nn


def outside_of(frames: int, lengths_B: Tensor) -> Tensor:
    """Return ``[B, 1, frames]``, true past each length."""
    return (torch.arange(frames, device=lengths_B.device) >= lengths_B.unsqueeze(1)).unsqueeze(1)


def convolution(
    channels: int, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Conv1d:
    """Return a convolution with odd kernel that keeps a frame in the middle of its window: t to (t - 1) // stride + 1."""
    padding = dilation * (kernel - 1) // 2
    return nn.Conv1d(
        channels, filters, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=False
    )


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation whose training statistics leave out padding where ``mask_statistics`` is set.

    Published checkpoints were trained with padding counted, which is the default; evaluation is the same either way.
    """

    def __init__(self, channels: int, *, mask_statistics: bool) -> None:
        super().__init__(channels, eps=1e-3, momentum=0.1)
        self.mask_statistics = mask_statistics

    def forward(self, x_BCT: Tensor, outside_B1T: Tensor) -> Tensor:  # type: ignore[override]
        if not (self.training and self.mask_statistics):
            return super().forward(x_BCT)
        x = x_BCT.float()
        inside_B1T = (~outside_B1T).to(x.dtype)
        count = inside_B1T.sum().clamp(min=1.0)
        mean_C = (x * inside_B1T).sum((0, 2)) / count
        centred_BCT = x - mean_C.view(1, -1, 1)
        variance_C = (centred_BCT.square() * inside_B1T).sum((0, 2)) / count
        with torch.no_grad():
            unbiased_C = variance_C * (count / (count - 1).clamp(min=1.0))
            self.running_mean.lerp_(mean_C, self.momentum)
            self.running_var.lerp_(unbiased_C, self.momentum)
            self.num_batches_tracked += 1
        scale_C = self.weight / (variance_C + self.eps).sqrt()
        return (centred_BCT * scale_C.view(1, -1, 1) + self.bias.view(1, -1, 1)).to(x_BCT.dtype)


class SqueezeExcite(nn.Module):
    """Gate channels by what the whole utterance holds (Hu et al. 2018, arXiv 1709.01507)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x_BCT: Tensor, outside_B1T: Tensor) -> Tensor:
        count_B1 = (~outside_B1T).sum(-1).clamp(min=1).to(x_BCT.dtype)
        mean_BC = x_BCT.masked_fill(outside_B1T, 0.0).sum(-1) / count_B1
        gate_BC = self.excite(self.squeeze(mean_BC).relu()).sigmoid()
        return x_BCT * gate_BC.unsqueeze(-1)
