"""Log-mel spectrograms of waveforms, batched, on whatever device the samples are.

Legend: B batch, T samples, N frames, W samples of a frame, F spectral bins, S mel bands.
"""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

import torch
from torch import Tensor, nn

from nm_asr.errors import FrontEndError
from nm_asr.features.filters import mel_filters
from nm_core import ModuleOptions, NonNegativeFloat, PositiveFloat, PositiveInt, Probability
from nm_core.errors import did_you_mean
from nm_core.symbols.parameter_values import find_misfit, hints
from nm_torch import TorchModule, ports

LOG_FLOOR = 2.0**-24
"""The power that is added before the logarithm, so that silence has one."""

_EPSILON = 1e-5


def hop_length(sample_rate: int, window_stride: float) -> int:
    """Return the samples between two frames.

    Raises:
        FrontEndError: there are none.
    """
    hop = round(sample_rate * window_stride)
    if hop < 1:
        raise FrontEndError(
            f"window_stride is {window_stride:g} s, {hop} samples at {sample_rate} per second; expected at least one."
        )
    return hop


def resolve_sizes(
    *,
    sample_rate: int,
    window_size: float,
    window_stride: float,
    n_fft: int | None,
    f_min: float,
    f_max: float | None,
    normalize: str | None,
    **_: Any,
) -> tuple[int, int, float]:
    """Compute the samples of the window and of the transform, and the upper edge of the bands; the rest is ignored.

    Raises:
        FrontEndError: settings contradict each other.
    """
    if normalize not in ("per_feature", None):
        raise FrontEndError(f'normalize is {normalize!r}; expected "per_feature" or None.')
    width = round(sample_rate * window_size)
    hop_length(sample_rate, window_stride)
    length = n_fft or 2 ** (width - 1).bit_length()
    highest = sample_rate / 2.0 if f_max is None else f_max
    _check_settings(width, length, f_min, highest, sample_rate)
    return width, length, highest


class MelSpectrogram(nn.Module):
    """The front end without ports.

    Its settings are those of `AudioToMelSpectrogramPreprocessor`; ``log=False`` leaves the powers as they are.
    """

    window: Tensor
    filters: Tensor

    def __init__(
        self,
        *,
        sample_rate: PositiveInt = 16000,
        n_mels: PositiveInt = 64,
        window_size: PositiveFloat = 0.025,
        window_stride: PositiveFloat = 0.01,
        n_fft: PositiveInt | None = None,
        f_min: NonNegativeFloat = 0.0,
        f_max: PositiveFloat | None = None,
        preemphasis: Probability = 0.97,
        log: bool = True,
        normalize: str | None = "per_feature",
    ) -> None:
        super().__init__()
        width, self.n_fft, highest = resolve_sizes(
            sample_rate=sample_rate,
            window_size=window_size,
            window_stride=window_stride,
            n_fft=n_fft,
            f_min=f_min,
            f_max=f_max,
            normalize=normalize,
        )
        self.hop = hop_length(sample_rate, window_stride)
        self.preemphasis, self.log, self.normalize = preemphasis, log, normalize is not None
        before = (self.n_fft - width) // 2
        window = torch.hann_window(width, periodic=True, dtype=torch.float64).to(torch.float32)
        window = nn.functional.pad(window, (before, self.n_fft - width - before))
        filters = mel_filters(sample_rate=sample_rate, n_fft=self.n_fft, n_mels=n_mels, f_min=f_min, f_max=highest)
        # not saved: they follow from the parameters
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, samples_BT: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        """Return mel features ``[B, S, N]`` and their lengths ``[B]``; frames past an utterance's end are zero."""
        with torch.autocast(samples_BT.device.type, enabled=False):  # powers span more than half precision holds
            mel_BNS = self._mel_power(samples_BT.float(), lengths_B)
            if self.log:
                mel_BNS = (mel_BNS + LOG_FLOOR).log_()
            frames_B = lengths_B // self.hop + 1
            inside_BN1 = _make_inside_mask(mel_BNS.shape[1], frames_B).unsqueeze(-1)
            if self.normalize:
                mel_BNS = _normalize(mel_BNS, inside_BN1, frames_B)
            return mel_BNS.masked_fill(~inside_BN1, 0.0).transpose(1, 2), frames_B

    def _mel_power(self, samples_BT: Tensor, lengths_B: Tensor) -> Tensor:
        if self.preemphasis:
            previous_BT = nn.functional.pad(samples_BT[:, :-1], (1, 0))
            samples_BT = samples_BT - self.preemphasis * previous_BT
        # after the pre-emphasis, whose last sample would else leak into the padding
        samples_BT = samples_BT.masked_fill(~_make_inside_mask(samples_BT.shape[1], lengths_B), 0.0)
        # frame n is centred on sample n * hop; beyond the ends the signal is zero
        padded_BT = nn.functional.pad(samples_BT, (self.n_fft // 2, self.n_fft - self.n_fft // 2))
        frames_BNW = padded_BT.unfold(1, self.n_fft, self.hop)
        spectrum_BNF = torch.fft.rfft(frames_BNW * self.window)
        power_BNF = (spectrum_BNF * spectrum_BNF.conj()).real
        return power_BNF @ self.filters.T


class MelSpectrogramOutputs(NamedTuple):
    """Log-mel features, and the frames of each utterance."""

    spec: Any
    spec_len: Any


class AudioToMelSpectrogramPreprocessor(TorchModule[MelSpectrogramOutputs]):
    """Compute log-mel spectrograms of waveforms, one frame per ``window_stride``.

    Frame n is centred on sample n * hop of a signal that is zero beyond its ends, so t samples give t // hop + 1
    frames. A periodic Hann window; power spectrum; Slaney mel bands; the natural logarithm of power + 2**-24. Computed
    in float32 whatever the precision of the run. librosa's ``melspectrogram(..., pad_mode="constant")`` is the
    reference.

    Args:
        sample_rate: samples per second of the input, which its type states.
        n_mels: mel bands.
        window_size: seconds of one frame.
        window_stride: seconds between frames.
        n_fft: length of the transform; the next power of two above the window where None.
        f_min: lower edge of the first band, in hertz.
        f_max: upper edge of the last band; half the sample rate where None.
        preemphasis: x[t] - preemphasis * x[t-1] is taken first; 0 leaves it out.
        dither: standard deviation of white noise added in training, and only there.
        normalize: "per_feature" gives each band zero mean and unit deviation over the utterance's own frames; None
            leaves the logarithms.

    Raises:
        FrontEndError: settings contradict each other, such as a window longer than the transform.

    Example:
        >>> preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=16000, n_mels=64)
        >>> spec, spec_len = preprocessor(audio=torch.randn(2, 16000), length=torch.tensor([16000, 8000]))
        >>> spec.shape, spec_len  # 100 frames a second
        (torch.Size([2, 64, 101]), tensor([101,  51]))
    """

    input_ports = ports(audio="B T:t ; AudioSignal({sample_rate})", length="B ; Lengths(t)")
    output_ports = ports(spec="B Spectrogram:{n_mels} T:t//{hop}+1 ; Features", spec_len="B ; Lengths(t//{hop}+1)")

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the samples between frames, by the name in the ports."""
        return {"hop": hop_length(params["sample_rate"], params["window_stride"])}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that the settings fit each other."""
        resolve_sizes(**params)

    def __init__(
        self,
        *,
        sample_rate: PositiveInt = 16000,
        n_mels: PositiveInt = 64,
        window_size: PositiveFloat = 0.025,
        window_stride: PositiveFloat = 0.01,
        n_fft: PositiveInt | None = None,
        f_min: NonNegativeFloat = 0.0,
        f_max: PositiveFloat | None = None,
        preemphasis: Probability = 0.97,
        dither: NonNegativeFloat = 1e-5,
        normalize: str | None = "per_feature",
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.dither = dither
        self.features = MelSpectrogram(
            sample_rate=sample_rate,
            n_mels=n_mels,
            window_size=window_size,
            window_stride=window_stride,
            n_fft=n_fft,
            f_min=f_min,
            f_max=f_max,
            preemphasis=preemphasis,
            normalize=normalize,
        )

    def forward(self, audio: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``[B, n_mels, T // hop + 1]`` and lengths ``[B]`` from ``[B, T]`` and lengths ``[B]``."""
        if self.training and self.dither:
            audio = audio + self.dither * torch.randn_like(audio)
        spec_BSN, frames_B = self.features(audio, length)
        return spec_BSN, frames_B


def _normalize(mel_BNS: Tensor, inside_BN1: Tensor, frames_B: Tensor) -> Tensor:
    """Subtract each band's mean and divide by its standard deviation, over the frames inside the utterance."""
    count_B11 = frames_B.view(-1, 1, 1).to(mel_BNS.dtype)
    mean_B1S = mel_BNS.masked_fill(~inside_BN1, 0.0).sum(1, keepdim=True) / count_B11
    centred_BNS = (mel_BNS - mean_B1S).masked_fill(~inside_BN1, 0.0)
    variance_B1S = centred_BNS.square().sum(1, keepdim=True) / (count_B11 - 1).clamp(min=1.0)
    return centred_BNS / (variance_B1S.sqrt() + _EPSILON)


def make_front_end(settings: Mapping[str, Any], *, sample_rate: int, n_mels: int) -> MelSpectrogram:
    """Make the front end from the settings of a data layer.

    Raises:
        FrontEndError: a setting is unknown.
    """
    check_front_end(settings, sample_rate=sample_rate)
    return MelSpectrogram(sample_rate=sample_rate, n_mels=n_mels, **settings)


def check_front_end(settings: Mapping[str, Any], *, sample_rate: int) -> None:
    """Check the parameter ``front_end`` of a data layer; no window or filter is made.

    Raises:
        FrontEndError: a setting is unknown or out of its range, or settings contradict each other.
    """
    parameters = inspect.signature(MelSpectrogram).parameters
    names = [name for name in parameters if name not in ("sample_rate", "n_mels")]
    known, problems = hints(MelSpectrogram), {}
    for name, value in settings.items():
        misfit = find_misfit(value, known[name]) if name in names else None
        if name not in names:
            problems[name] = f'The front end has no setting "{name}".{did_you_mean(name, names)}'
        elif misfit is not None:
            problems[name] = f"front_end: {name} is {value!r}; expected {misfit.expected}."
    if problems:
        raise FrontEndError(
            "\n  ".join(problems.values()) + f"\n  It has {', '.join(names)}.",
            problems={("front_end", name): problem for name, problem in problems.items()},
        )
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    try:
        resolve_sizes(**{**defaults, **settings, "sample_rate": sample_rate})
    except FrontEndError as error:
        raise FrontEndError(str(error), problems={("front_end",): str(error)}) from None


def _make_inside_mask(length: int, lengths_B: Tensor) -> Tensor:
    return torch.arange(length, device=lengths_B.device) < lengths_B.unsqueeze(1)


def _check_settings(width: int, n_fft: int, f_min: float, f_max: float, sample_rate: int) -> None:
    if not 1 <= width <= n_fft:
        raise FrontEndError(
            f"A window of {width} samples does not fit a transform of {n_fft}.\n"
            "  Expected 0 < window_size * sample_rate <= n_fft."
        )
    if not 0.0 <= f_min < f_max <= sample_rate / 2.0:
        raise FrontEndError(
            f"The mel bands run from {f_min:g} to {f_max:g} Hz; at {sample_rate} samples per second they must lie "
            f"within 0 to {sample_rate / 2.0:g} Hz.\n  Set f_min and f_max, or leave f_max out."
        )
