"""Layers whose statistics are over the frames of each utterance, without padding.

Legend: B batch, C channels, T frames. ``inside`` is one within an utterance and zero past its end, ``[B, 1, 1, T]``: a
number, because multiplying is several times faster than filling where a mask says so.
"""

from typing import cast

import torch
from torch import Tensor, nn

_MOMENTUM = 0.1


def make_inside_mask(frames: int, lengths_B: Tensor, dtype: torch.dtype) -> Tensor:
    """Return ``[B, 1, 1, frames]``, one before each length and zero from there."""
    return (torch.arange(frames, device=lengths_B.device) < lengths_B.view(-1, 1, 1, 1)).to(dtype)


class MaskedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation whose training statistics leave out padding where ``mask_statistics`` is set.

    Published checkpoints were trained with padding counted, which is the default; evaluation is the same either way.
    """

    def __init__(self, channels: int, *, mask_statistics: bool) -> None:
        super().__init__(channels, eps=1e-3, momentum=_MOMENTUM)
        self.mask_statistics = mask_statistics

    def forward(self, x_BC1T: Tensor, inside_B11T: Tensor) -> Tensor:  # type: ignore[override]
        """Return ``x`` normalised per channel."""
        if not (self.training and self.mask_statistics):
            return super().forward(x_BC1T)
        wide_BC1T = x_BC1T.float()  # sums over a batch overflow float16
        inside_B11T = inside_B11T.float()
        count = inside_B11T.sum().clamp(min=1.0)
        mean_C = (wide_BC1T * inside_B11T).sum((0, 2, 3)) / count
        centred_BC1T = wide_BC1T - mean_C.view(1, -1, 1, 1)
        variance_C = (centred_BC1T.square() * inside_B11T).sum((0, 2, 3)) / count
        self._update_running_statistics(mean_C.detach(), (variance_C * (count / (count - 1).clamp(min=1.0))).detach())
        scale_C = self.weight / (variance_C + self.eps).sqrt()
        return (centred_BC1T * scale_C.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)).to(x_BC1T.dtype)

    def _update_running_statistics(self, mean_C: Tensor, variance_C: Tensor) -> None:
        cast(Tensor, self.running_mean).lerp_(mean_C, _MOMENTUM)
        cast(Tensor, self.running_var).lerp_(variance_C, _MOMENTUM)
        cast(Tensor, self.num_batches_tracked).add_(1)


class SqueezeExcite(nn.Module):
    """Gate channels by their means over the utterance (Hu et al. 2018, arXiv 1709.01507)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x_BC1T: Tensor, inside_B11T: Tensor) -> Tensor:
        """Return ``x`` with each channel scaled by its gate."""
        count_B1 = inside_B11T.sum((2, 3)).clamp(min=1.0)
        mean_BC = (x_BC1T * inside_B11T).sum((2, 3)) / count_B1
        gate_BC = self.excite(self.squeeze(mean_BC).relu()).sigmoid()
        return x_BC1T * gate_BC[:, :, None, None]
