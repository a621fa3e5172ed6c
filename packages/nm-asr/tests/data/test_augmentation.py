"""Augmentations change waveforms as they say, and reproducibly."""

from typing import Any

import numpy as np
import pytest
from nm_asr_samples import vowel

from nm_asr.data.acoustics import Band, Room
from nm_asr.data.augmentation import Gain, Noise, Shift, Speed, read_augmentation
from nm_asr.errors import AugmentationError

SOUND = vowel(1.0, 8000)


@pytest.mark.parametrize("change", [Speed(), Gain(), Noise(), Shift(), Room(), Band(4000.0, 4000.0)])
def test_the_same_generator_gives_the_same_sound(change: Any) -> None:
    """The result depends on the generator alone, and the input stays as it was."""
    before = SOUND.copy()

    first, second = (change(SOUND, 8000, np.random.default_rng(5)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(SOUND, before)
    assert first.dtype == np.float32
    assert not np.array_equal(first, SOUND)


def test_speed_changes_length_and_pitch() -> None:
    """A tone played a quarter faster is a quarter shorter and higher."""
    tone = np.sin(2 * np.pi * 500 * np.arange(8000) / 8000).astype(np.float32)

    faster = Speed(factors=(1.25,))(tone, 8000, np.random.default_rng(0))

    assert len(faster) == 6400
    assert np.argmax(np.abs(np.fft.rfft(faster))) * 8000 / 6400 == pytest.approx(625, abs=2)


def test_gain_is_in_decibels() -> None:
    """Six decibels double the amplitude."""
    louder = Gain(low=6.0206, high=6.0206)(SOUND, 8000, np.random.default_rng(0))

    np.testing.assert_allclose(louder, 2 * SOUND, rtol=1e-5)


@pytest.mark.parametrize("colors", [("white",), ("pink",), ("white", "pink", "brown")])
def test_noise_has_the_ratio_it_is_asked_for(colors: tuple[str, ...]) -> None:
    """The power of what is added stands to the signal's as the decibels say."""
    noise = Noise(low=10.0, high=10.0, colors=colors)(SOUND, 8000, np.random.default_rng(3)) - SOUND

    assert 10 * np.log10(np.mean(SOUND**2) / np.mean(noise**2)) == pytest.approx(10.0, abs=0.01)


def test_colors_of_noise() -> None:
    """Pink noise has equal power in octaves; white noise twice as much in the higher one."""
    still = np.ones(2**16, np.float32)
    ratios = {}
    for color in ("white", "pink", "brown"):
        noise = Noise(0.0, 0.0, (color,))(still, 16000, np.random.default_rng(1)) - still
        power = np.abs(np.fft.rfft(noise)) ** 2
        ratios[color] = power[8000:16000].sum() / power[4000:8000].sum()

    assert ratios["white"] == pytest.approx(2.0, rel=0.1)
    assert ratios["pink"] == pytest.approx(1.0, rel=0.1)
    assert ratios["brown"] == pytest.approx(0.5, rel=0.1)


def test_pauses_do_not_make_the_noise_quieter() -> None:
    """The ratio is that to the speech, however long the silence around it."""
    still = np.zeros(24000, np.float32)
    padded = np.concatenate([still, SOUND, still])
    levels = [
        (Noise(10.0, 10.0, ("white",), level="sound")(samples, 8000, np.random.default_rng(3)) - samples).std()
        for samples in (SOUND, padded)
    ]

    assert levels[0] == pytest.approx(levels[1], rel=0.05)


def test_silence_gets_no_noise() -> None:
    """There is no level to compare with."""
    np.testing.assert_array_equal(Noise()(np.zeros(100, np.float32), 8000, np.random.default_rng(0)), np.zeros(100))


def test_noise_can_be_rare_and_long() -> None:
    """With probability zero nothing changes; a recording longer than the stored noise is covered whole."""
    for rare in (Noise(probability=0.0), Room(probability=0.0), Band(probability=0.0)):
        assert rare(SOUND, 8000, np.random.default_rng(0)) is SOUND
    long = np.full(300_000, 0.1, np.float32)
    added = Noise(20.0, 20.0)(long, 8000, np.random.default_rng(0)) - long
    assert added[-1000:].std() > 0.0


@pytest.mark.parametrize("seconds", [0.1, -0.1])
def test_shift_keeps_the_length(seconds: float) -> None:
    """Samples that leave the recording are lost, and silence enters."""
    moved = Shift(low=seconds, high=seconds)(SOUND, 8000, np.random.default_rng(0))

    assert len(moved) == len(SOUND)
    if seconds > 0:
        np.testing.assert_array_equal(moved, np.concatenate([np.zeros(800, np.float32), SOUND[:-800]]))
    else:
        np.testing.assert_array_equal(moved, np.concatenate([SOUND[800:], np.zeros(800, np.float32)]))


def test_a_list_of_settings_is_read_in_order() -> None:
    """Plain data gives the changes in their order."""
    speed, noise = read_augmentation([{"type": "speed", "low": 0.8, "high": 1.0}, {"type": "noise", "low": 5}])

    assert speed == Speed(0.8, 1.0)
    assert isinstance(noise, Noise)
    assert (noise.low, noise.high) == (5, 40.0)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"type": "sped"}, r"augmentation 0: its \"type\" is 'sped'. Did you mean \"speed\""),
        ({"low": 1}, r"its \"type\" is None"),
        ({"type": "gain", "hi": 3}, r"gain has no setting \"hi\"\..*\n  It has low, high"),
        ({"type": "gain", "low": 3, "high": 1}, r"gain: low is 3 and high 1; expected low <= high"),
        ({"type": "speed", "low": 0.0}, r"speed: factors must be positive"),
        ({"type": "noise", "colors": ["red"]}, r"colors are \['red'\]; expected any of white, pink, brown"),
        ({"type": "noise", "probability": 2}, r"probability is 2; expected 0 to 1"),
        ({"type": "room", "low": 0.0}, r"room: low is 0 and high 0\.5; expected 0 < low <= high"),
        ({"type": "room", "ratio": float("nan")}, r"room: ratio is nan; expected a number"),
        ({"type": "band", "low": 9000, "high": 8000}, r"band: low is 9000 and high 8000"),
        ({"type": "band", "probability": -1}, r"band: probability is -1; expected 0 to 1"),
    ],
)
def test_wrong_settings_are_named(step: dict[str, Any], message: str) -> None:
    """An unknown type or setting, or values that contradict each other, say what is expected."""
    with pytest.raises(AugmentationError, match=message):
        read_augmentation([step])
