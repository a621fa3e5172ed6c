"""Changes to waveforms while training, each drawn from the generator it is given, so that a sample is reproducible."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import AugmentationError
from nm_core.errors import did_you_mean

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Speed:
    """Play faster or slower, pitch included, by a factor uniform between two bounds or drawn from a list.

    Ko et al. 2015, "Audio augmentation for speech recognition". Above 1 is faster.
    """

    low: float = 0.9
    high: float = 1.1
    factors: Sequence[float] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.low <= self.high or any(factor <= 0.0 for factor in self.factors):
            raise AugmentationError(f"speed: factors must be positive and low <= high; given {self}.")

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        factor = random.choice(self.factors) if self.factors else random.uniform(self.low, self.high)
        factor = round(float(factor), 3)  # a ratio of small integers keeps the resampler fast
        if factor == 1.0 or len(samples) == 0:
            return samples
        import soxr

        return np.asarray(soxr.resample(samples, sample_rate * factor, sample_rate), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Gain:
    """Change the level by decibels, uniform between two bounds."""

    low: float = -10.0
    high: float = 10.0

    def __post_init__(self) -> None:
        _ordered("gain", self.low, self.high)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        return samples * np.float32(10.0 ** (random.uniform(self.low, self.high) / 20.0))


@dataclass(frozen=True, slots=True)
class Noise:
    """Add noise at a ratio of signal to noise, in decibels, uniform between two bounds.

    The power spectrum of the noise falls with frequency to the power of ``color``, drawn between 0 and it: 0 is white, 1
    pink, 2 brown.
    """

    low: float = 10.0
    high: float = 40.0
    color: float = 0.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        _ordered("noise", self.low, self.high)
        _probability("noise", self.probability)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        if random.random() >= self.probability or len(samples) == 0:
            return samples
        ratio = 10.0 ** (random.uniform(self.low, self.high) / 10.0)
        noise = _colored(len(samples), random.uniform(0.0, self.color), random)
        power = float(np.mean(np.square(samples)))
        return samples + noise * np.float32(np.sqrt(power / ratio / max(float(np.mean(np.square(noise))), 1e-20)))


@dataclass(frozen=True, slots=True)
class Shift:
    """Move speech within its recording by seconds, uniform between two bounds; what leaves is lost, what enters silent."""

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        _ordered("shift", self.low, self.high)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        by = round(random.uniform(self.low, self.high) * sample_rate)
        by = max(-len(samples), min(len(samples), by))
        silence = np.zeros(abs(by), np.float32)
        return np.concatenate([silence, samples[:-by]] if by > 0 else [samples[-by:], silence])


Augmentation = Callable[[Samples, int, np.random.Generator], Samples]
AUGMENTATIONS: Mapping[str, Callable[..., Augmentation]] = {"speed": Speed, "gain": Gain, "noise": Noise, "shift": Shift}


def read_augmentation(steps: Sequence[Mapping[str, Any]]) -> tuple[Augmentation, ...]:
    """Read the parameter ``augmentation``: a list such as ``[{"type": "speed", "low": 0.9, "high": 1.1}]``.

    Raises:
        AugmentationError: an unknown type or setting, or values that contradict each other.
    """
    return tuple(_step(number, dict(step)) for number, step in enumerate(steps))


def _step(number: int, settings: dict[str, Any]) -> Augmentation:
    kind = settings.pop("type", None)
    if kind not in AUGMENTATIONS:
        raise AugmentationError(
            f'augmentation {number}: its "type" is {kind!r}.{did_you_mean(str(kind), AUGMENTATIONS)}\n'
            f"  Expected one of {', '.join(AUGMENTATIONS)}."
        )
    known = inspect.signature(AUGMENTATIONS[kind]).parameters
    unknown = [f'"{name}".{did_you_mean(name, known)}' for name in settings if name not in known]
    if unknown:
        raise AugmentationError(
            f"augmentation {number}: {kind} has no setting {' '.join(unknown)}\n  It has {', '.join(known)}."
        )
    return AUGMENTATIONS[kind](**settings)


def _colored(length: int, exponent: float, random: np.random.Generator) -> Samples:
    if exponent == 0.0:
        return random.standard_normal(length, dtype=np.float32)
    size = 1 << max(length - 1, 1).bit_length()  # a power of two, because a prime length is slow to transform
    bins = size // 2 + 1
    falling = np.arange(1, bins + 1, dtype=np.float32) ** np.float32(-exponent / 2.0)
    spectrum = random.standard_normal((bins, 2), dtype=np.float32) * falling[:, None]
    return np.asarray(np.fft.irfft(spectrum.view(np.complex64)[:, 0], n=size)[:length], dtype=np.float32)


def _ordered(what: str, low: float, high: float) -> None:
    if low > high:
        raise AugmentationError(f"{what}: low is {low:g} and high {high:g}; expected low <= high.")


def _probability(what: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise AugmentationError(f"{what}: probability is {value:g}; expected 0 to 1.")
