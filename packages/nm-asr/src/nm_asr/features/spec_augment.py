"""Augmentation of spectrograms by random masks, in training.

Legend: B batch, S mel bands, T frames, M masks, P bands or frames.
"""

from typing import Unpack

import torch
from torch import Tensor

from nm_core import ModuleOptions, NonNegativeInt, Probability
from nm_torch import TorchModule, optional, ports


class SpectrogramAugmentation(TorchModule):
    """Mask random bands, stretches of time and rectangles of each spectrogram in training; nothing in evaluation.

    SpecAugment without warping (Park et al. 2019, arXiv 1904.08779) and SpecCutout (DeVries and Taylor 2017,
    arXiv 1708.04552). Masked values become zero, the mean of a normalised feature. Positions and widths are uniform
    and independent per utterance; time masks stay within an utterance's length where it is connected. The type of the
    output is that of the input.

    Args:
        freq_masks: stripes of bands per utterance.
        freq_width: most bands of a stripe.
        time_masks: stripes of time per utterance.
        time_width: most frames of a stripe, or below 1 the most of an utterance's frames, as a fraction.
        cutout_masks: rectangles per utterance.
        cutout_freq: most bands of a rectangle.
        cutout_time: most frames of a rectangle.

    Example:
        >>> augment = SpectrogramAugmentation(freq_masks=1, freq_width=8, time_masks=0)
        >>> masked = augment(spec=torch.ones(1, 64, 100))
        >>> int((masked == 0).all(dim=2).sum()) <= 8  # bands that are masked over all frames
        True
        >>> bool((augment.eval()(spec=torch.ones(1, 64, 100)) == 1).all())
        True
    """

    input_ports = ports(spec="B 'S<=Spectrogram:s 'T<=Time:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(augmented="B 'S:s 'T:t ; Features")

    def __init__(
        self,
        *,
        freq_masks: NonNegativeInt = 2,
        freq_width: NonNegativeInt = 15,
        time_masks: NonNegativeInt = 2,
        time_width: NonNegativeInt | Probability = 0.1,
        cutout_masks: NonNegativeInt = 0,
        cutout_freq: NonNegativeInt = 20,
        cutout_time: NonNegativeInt = 50,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.freq_masks, self.freq_width = freq_masks, freq_width
        self.time_masks, self.time_width = time_masks, time_width
        self.cutout_masks, self.cutout_freq, self.cutout_time = cutout_masks, cutout_freq, cutout_time

    def forward(self, spec: Tensor, length: Tensor | None = None) -> Tensor:
        """Return ``[B, S, T]`` with random masks in training, or unchanged in evaluation."""
        if not self.training:
            return spec
        batch, bands, frames = spec.shape
        bands_B = torch.full((batch,), bands, device=spec.device)
        frames_B = torch.full((batch,), frames, device=spec.device) if length is None else length.to(spec.device)
        masked_BST = torch.zeros(1, 1, 1, dtype=torch.bool, device=spec.device)
        if self.freq_masks:
            freq_BS = _draw_stripes(bands, bands_B, self.freq_masks, self.freq_width).any(1)
            masked_BST = masked_BST | freq_BS.unsqueeze(2)
        if self.time_masks:
            time_BT = _draw_stripes(frames, frames_B, self.time_masks, self.time_width).any(1)
            masked_BST = masked_BST | time_BT.unsqueeze(1)
        if self.cutout_masks:
            freq_BMS = _draw_stripes(bands, bands_B, self.cutout_masks, self.cutout_freq)
            time_BMT = _draw_stripes(frames, frames_B, self.cutout_masks, self.cutout_time)
            masked_BST = masked_BST | (freq_BMS.unsqueeze(3) & time_BMT.unsqueeze(2)).any(1)
        return spec.masked_fill(masked_BST, 0.0)


def _draw_stripes(size: int, lengths_B: Tensor, masks: int, width: int | float) -> Tensor:
    """Return ``[B, masks, size]``, true on random stripes of 0 to ``width`` positions within each length."""
    lengths_B1 = lengths_B.unsqueeze(1).to(torch.float32)
    most_B1 = lengths_B1 * width if width < 1 else lengths_B1.clamp(max=float(width))
    # drawn on the device for the whole batch at once: nothing waits for a number
    draws_2BM = torch.rand(2, lengths_B.shape[0], masks, device=lengths_B.device)
    # + 1, since the greatest width is one that may be drawn
    widths_BM = (draws_2BM[0] * (most_B1.floor() + 1)).floor()
    starts_BM = (draws_2BM[1] * (lengths_B1 - widths_BM + 1)).floor()
    positions_P = torch.arange(size, device=lengths_B.device)
    return (positions_P >= starts_BM.unsqueeze(2)) & (positions_P < (starts_BM + widths_BM).unsqueeze(2))
