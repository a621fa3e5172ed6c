"""Rooms and telephone lines as augmentations of waveforms, with the random generator of the sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import AugmentationError

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Room:
    """Add the echo of a room: noise that decays exponentially, convolved with the speech.

    Args:
        low: the shortest time in which the echo falls by 60 dB, in seconds.
        high: the longest.
        ratio: the energy of the direct sound over that of the echo, in decibels; the least, twice as much at most.
        probability: the probability that there is an echo at all.

    Example:
        >>> click = np.zeros(8000, np.float32)
        >>> click[0] = 1.0
        >>> echo = Room(low=0.2, high=0.2, ratio=6.0)(click, 8000, np.random.default_rng(0))
        >>> float(echo[0]), len(echo), bool(np.abs(echo[800:]).max() < np.abs(echo[1:800]).max())
        (1.0, 8000, True)
    """

    low: float = 0.1
    high: float = 0.5
    ratio: float = 3.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.low <= self.high < 60.0:
            raise AugmentationError(
                f"room: low is {self.low:g} and high {self.high:g}; expected 0 < low <= high <= 10."
            )
        if not 0.0 < self.ratio <= 100.0:
            raise AugmentationError(f"room: ratio is {self.ratio:g} dB; expected above 0 and at most 100.")
        check_probability("room", self.probability)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return as many samples, with the echo."""
        if random.random() >= self.probability or len(samples) == 0:
            return samples
        seconds = random.uniform(self.low, self.high)
        decibels = random.uniform(self.ratio, 2.0 * self.ratio)
        length = max(2, round(seconds * sample_rate))
        echo = random.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
        echo[0] = 0.0
        echo *= np.sqrt(10.0 ** (-decibels / 10.0) / np.dot(echo, echo))
        echo[0] = 1.0
        size = 2 ** (len(samples) + length - 1).bit_length()  # long enough, or the end would wrap to the start
        spectrum = np.fft.rfft(samples, size) * np.fft.rfft(echo, size)
        return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Band:
    """Leave out high frequencies, as a telephone or a recording at a lower rate does.

    Args:
        low: the least sample rate whose band is left, in hertz.
        high: the greatest.
        probability: the probability that frequencies are left out at all.

    Example:
        >>> hiss = np.sin(np.arange(16000, dtype=np.float32) * np.float32(2 * np.pi * 6000 / 16000))
        >>> line = Band(low=8000, high=8000)(hiss, 16000, np.random.default_rng(0))
        >>> len(line), bool(np.abs(line[1000:-1000]).max() < 0.01)  # 6 kHz is above the band of 4 kHz
        (16000, True)
    """

    low: float = 8000.0
    high: float = 16000.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not 100.0 <= self.low <= self.high:
            raise AugmentationError(f"band: low is {self.low:g} and high {self.high:g}; expected 100 <= low <= high.")
        check_probability("band", self.probability)

    def __call__(self, samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
        """Return as many samples, without what is above the band."""
        if random.random() >= self.probability or len(samples) == 0:
            return samples
        edge = random.uniform(self.low, self.high) / 2.0
        spectrum = np.fft.rfft(samples)
        hertz = np.fft.rfftfreq(len(samples), 1.0 / sample_rate)
        # a slope of a tenth of the band: a step would ring through all of the recording
        spectrum *= np.clip((edge - hertz) / (0.1 * edge), 0.0, 1.0)
        return np.asarray(np.fft.irfft(spectrum, len(samples)), dtype=np.float32)


def check_probability(name: str, probability: float) -> None:
    """Raise an error unless a probability is within 0 and 1."""
    if not 0.0 <= probability <= 1.0:
        raise AugmentationError(f"{name}: probability is {probability:g}; expected 0 to 1.")
