"""Augmentation of waveforms in training, with the random generator of the sample, so that it is reproducible."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.acoustics import Band, Room, check_probability
from nm_asr.errors import AugmentationError
from nm_core.errors import did_you_mean
from nm_core.symbols.parameter_values import find_misfit, hints

Samples = NDArray[np.float32]


_STRETCH = 2**18
_EXPONENTS: Mapping[str, int] = {"white": 0, "pink": 1, "brown": 2}


@dataclass(frozen=True, slots=True)
class Speed:
    """Play faster or slower, pitch included (Ko et al. 2015, "Audio augmentation for speech recognition").

    Args:
        low: the least factor; above 1 is faster.
        high: the greatest factor; factors are uniform between both.
        factors: draw from these instead.

    Example:
        >>> faster = Speed(factors=[2.0])
        >>> len(faster(np.zeros(1000, np.float32), 8000, np.random.default_rng(0)))
        500
    """

    low: float = 0.9
    high: float = 1.1
    factors: Sequence[float] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.low <= self.high or any(factor <= 0.0 for factor in self.factors):
            raise AugmentationError(f"speed: factors must be positive and low <= high; given {self}.")

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return the samples played faster or slower."""
        factor = random.choice(self.factors) if self.factors else random.uniform(self.low, self.high)
        factor = round(float(factor), 3)  # a ratio of small integers keeps the resampler fast
        if factor == 1.0 or len(samples) == 0:
            return samples
        import soxr

        return np.asarray(soxr.resample(samples, sample_rate * factor, sample_rate), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Gain:
    """Change the level by decibels, uniform between two bounds.

    Example:
        >>> halve = Gain(low=-6.02, high=-6.02)
        >>> halve(np.ones(2, np.float32), 8000, np.random.default_rng(0)).round(2)
        array([0.5, 0.5], dtype=float32)
    """

    low: float = -10.0
    high: float = 10.0

    def __post_init__(self) -> None:
        _check_order("gain", self.low, self.high)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return the samples at another level."""
        return samples * np.float32(10.0 ** (random.uniform(self.low, self.high) / 20.0))


class Noise:
    """Add noise at a ratio of signal to noise, in decibels, uniform between two bounds.

    The noise is a random stretch of a fixed 16 s (at 16 kHz) in each of its colors, mixed with random weights.

    Args:
        low: the least ratio.
        high: the greatest ratio.
        colors: "white", "pink" (power falls as 1/f) and "brown" (as 1/f²), any of them.
        probability: the probability that noise is added at all.
        level: where the signal's level is measured, over "all" of the recording, or where there is "sound": then pauses
            do not make the noise quieter.

    Example:
        >>> add_noise = Noise(low=20.0, high=20.0, colors=["white"])
        >>> tone = np.sin(np.arange(8000, dtype=np.float32))
        >>> noise = add_noise(tone, 8000, np.random.default_rng(0)) - tone
        >>> print(f"{10 * np.log10(tone.var() / noise.var()):.1f} dB")
        20.0 dB
    """

    def __init__(
        self,
        low: float = 10.0,
        high: float = 40.0,
        colors: Sequence[str] = ("white", "pink", "brown"),
        probability: float = 1.0,
        level: str = "all",
    ) -> None:
        check_noise(low, high, colors, probability, level)
        self.low, self.high, self.probability, self.level = low, high, probability, level
        random = np.random.default_rng(0)
        self._stretches = np.stack([_make_noise(_EXPONENTS[color], random) for color in colors])

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return the samples with noise."""
        if random.random() >= self.probability or len(samples) == 0:
            return samples
        ratio = 10.0 ** (random.uniform(self.low, self.high) / 10.0)
        noise = self._noise(len(samples), random)
        # the guard is for noise that is silent by chance: the ratio would be infinite
        power, noise_power = (float(np.dot(x, x)) for x in (samples, noise))
        if self.level == "sound":
            power = _measure_power(samples, sample_rate) * len(samples)
        return samples + noise * np.float32(np.sqrt(power / (ratio * max(noise_power, 1e-20))))

    def _noise(self, length: int, random: np.random.Generator) -> Samples:
        weights = random.dirichlet(np.ones(len(self._stretches))).astype(np.float32)
        start = int(random.integers(_STRETCH))
        if start + length <= _STRETCH:
            return weights @ self._stretches[:, start : start + length]
        return weights @ np.take(self._stretches, np.arange(start, start + length), axis=1, mode="wrap")


@dataclass(frozen=True, slots=True)
class Shift:
    """Move speech within its recording by seconds, uniform between two bounds.

    Samples that leave the recording are lost; silence enters at the other end.

    Example:
        >>> later = Shift(low=0.25, high=0.25)
        >>> later(np.ones(4, np.float32), 4, np.random.default_rng(0))
        array([0., 1., 1., 1.], dtype=float32)
    """

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        _check_order("shift", self.low, self.high)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return as many samples, moved."""
        by = round(random.uniform(self.low, self.high) * sample_rate)
        by = max(-len(samples), min(len(samples), by))
        silence = np.zeros(abs(by), np.float32)
        return np.concatenate([silence, samples[:-by]] if by > 0 else [samples[-by:], silence])


Augmentation = Callable[[Samples, int, np.random.Generator], Samples]
AUGMENTATIONS: Mapping[str, Callable[..., Augmentation]] = {
    "speed": Speed,
    "gain": Gain,
    "noise": Noise,
    "shift": Shift,
    "room": Room,
    "band": Band,
}


def read_augmentation(steps: Sequence[Mapping[str, Any]]) -> tuple[Augmentation, ...]:
    """Read the parameter ``augmentation``: a list such as ``[{"type": "speed", "low": 0.9, "high": 1.1}]``.

    Raises:
        AugmentationError: an unknown type or setting, or values that contradict each other; all are named.
    """
    check_augmentation(steps)
    return tuple(AUGMENTATIONS[step["type"]](**_settings(step)) for step in steps)


def check_augmentation(steps: Sequence[Mapping[str, Any]]) -> None:
    """Check the parameter ``augmentation``; no noise is made.

    Raises:
        AugmentationError: an unknown type or setting, or values that contradict each other; all are named.
    """
    problems: dict[tuple[str | int, ...], str] = {}
    for number, step in enumerate(steps):
        for setting, problem in _check_step(step).items():
            place = ("augmentation", number, setting) if setting in step else ("augmentation", number)
            problems[place] = f"augmentation {number}: {problem}"
    if problems:
        raise AugmentationError("\n".join(problems.values()), problems=problems)


def _settings(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "type"}


def _check_step(step: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each setting of a step that is unknown or impossible."""
    kind = step.get("type")
    if not isinstance(kind, str) or kind not in AUGMENTATIONS:
        meant = did_you_mean(str(kind), AUGMENTATIONS)
        return {"type": f'its "type" is {kind!r}.{meant}\n  Expected one of {", ".join(AUGMENTATIONS)}.'}
    parameters = inspect.signature(AUGMENTATIONS[kind]).parameters
    annotations = hints(AUGMENTATIONS[kind])  # type: ignore[arg-type]  # all of them are classes
    problems = {}
    for name, value in _settings(step).items():
        if name not in parameters:
            has = f"\n  It has {', '.join(parameters)}."
            problems[name] = f'{kind} has no setting "{name}".{did_you_mean(name, parameters)}{has}'
            continue
        misfit = find_misfit(value, annotations[name])
        if misfit is not None:
            problems[name] = f"{kind}: {name} is {value!r}; expected {misfit.expected}."
    if problems:
        return problems
    try:
        if kind == "noise":
            check_noise(**_settings(step))
        else:
            AUGMENTATIONS[kind](**_settings(step))
    except AugmentationError as error:
        return {"": str(error)}
    return {}


def check_noise(
    low: float = 10.0,
    high: float = 40.0,
    colors: Sequence[str] = tuple(_EXPONENTS),
    probability: float = 1.0,
    level: str = "all",
) -> None:
    """Check the settings of `Noise`, which takes long to be made.

    Raises:
        AugmentationError: they are impossible.
    """
    _check_order("noise", low, high)
    check_probability("noise", probability)
    if level not in ("all", "sound"):
        raise AugmentationError(f"noise: level is {level!r}; expected 'all' or 'sound'.")
    unknown = [color for color in colors if color not in _EXPONENTS]
    if unknown or not colors:
        raise AugmentationError(f"noise: colors are {list(colors)}; expected any of {', '.join(_EXPONENTS)}.")


def _make_noise(exponent: int, random: np.random.Generator) -> Samples:
    """Return noise of unit power, whose power falls with frequency to the power of ``exponent``."""
    bins = _STRETCH // 2 + 1
    spectrum = random.standard_normal((bins, 2)).view(np.complex128)[:, 0]
    spectrum *= np.maximum(np.arange(bins), 20.0) ** (-exponent / 2.0)  # flat below 1 Hz, so that it does not drift
    noise = np.fft.irfft(spectrum, n=_STRETCH)
    return np.asarray(noise / noise.std(), dtype=np.float32)


def _measure_power(samples: Samples, sample_rate: int) -> float:
    """Return the mean power of the stretches of 20 ms that are within 30 dB of the loudest: pauses do not count."""
    width = min(len(samples), max(1, sample_rate // 50))
    stretches = samples[: len(samples) // width * width].reshape(-1, width)
    power = np.einsum("nw,nw->n", stretches, stretches) / width
    return float(power[power >= 1e-3 * power.max()].mean())  # silence is within 30 dB of itself


def _check_order(name: str, low: float, high: float) -> None:
    if not low <= high:  # not for what is no number either
        raise AugmentationError(f"{name}: low is {low:g} and high {high:g}; expected low <= high.")
