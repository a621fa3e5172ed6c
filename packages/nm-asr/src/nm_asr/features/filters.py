"""The mel filter bank: triangles on Slaney's mel scale with Slaney's area normalisation, as librosa's default.

Legend: S mel bands, F spectral bins.
"""

import math

import torch
from torch import Tensor

_LINEAR_HERTZ_PER_MEL = 200.0 / 3.0
_BREAK_HERTZ = 1000.0
_BREAK_MEL = _BREAK_HERTZ / _LINEAR_HERTZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27.0


def hertz_to_mel(hertz: Tensor) -> Tensor:
    """Return mels: linear below 1 kHz, logarithmic above (Slaney 1998, Auditory Toolbox)."""
    # both branches of `where` are computed: clamped, since the logarithm of 0 is infinite
    log_part = _BREAK_MEL + (hertz.clamp(min=_BREAK_HERTZ) / _BREAK_HERTZ).log() / _LOG_STEP
    return torch.where(hertz < _BREAK_HERTZ, hertz / _LINEAR_HERTZ_PER_MEL, log_part)


def mel_to_hertz(mel: Tensor) -> Tensor:
    """Return hertz, the inverse of `hertz_to_mel`."""
    log_part = _BREAK_HERTZ * (_LOG_STEP * (mel - _BREAK_MEL).clamp(min=0.0)).exp()
    return torch.where(mel < _BREAK_MEL, mel * _LINEAR_HERTZ_PER_MEL, log_part)


def mel_filters(*, sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float) -> Tensor:
    """Return the weights of each spectral bin in each mel band, ``[n_mels, n_fft // 2 + 1]``, float32.

    Computed in float64; each triangle has unit area over hertz.
    """
    limits = hertz_to_mel(torch.tensor([f_min, f_max], dtype=torch.float64))
    edges = mel_to_hertz(torch.linspace(float(limits[0]), float(limits[1]), n_mels + 2, dtype=torch.float64))
    bins_F = torch.linspace(0.0, sample_rate / 2.0, n_fft // 2 + 1, dtype=torch.float64)
    lower_S1, centre_S1, upper_S1 = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising_SF = (bins_F - lower_S1) / (centre_S1 - lower_S1)
    falling_SF = (upper_S1 - bins_F) / (upper_S1 - centre_S1)
    triangles_SF = torch.minimum(rising_SF, falling_SF).clamp(min=0.0)
    return (triangles_SF * (2.0 / (upper_S1 - lower_S1))).to(torch.float32)
