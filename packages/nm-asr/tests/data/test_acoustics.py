"""Rooms and telephone bands do to a recording what they say."""

import numpy as np
import pytest

from nm_asr.data.acoustics import Band, Room


def test_a_room_keeps_the_direct_sound() -> None:
    """The echo comes after, weaker by the decibels asked for."""
    click = np.zeros(8000, np.float32)
    click[100] = 1.0

    echo = Room(low=0.3, high=0.3, ratio=10.0)(click, 8000, np.random.default_rng(0))

    np.testing.assert_allclose(echo[:100], 0.0, atol=1e-6)
    assert echo[100] == pytest.approx(1.0, abs=1e-5)
    assert -20.0 <= 10 * np.log10(np.sum(echo[101:] ** 2)) <= -10.0
    assert np.abs(echo[100 + 2400 :]).max() < 1e-6


def test_a_band_leaves_out_what_is_above() -> None:
    """A tone below the edge stays, one above it goes."""
    time = np.arange(16000) / 16000
    low, high = (np.sin(2 * np.pi * pitch * time).astype(np.float32) for pitch in (1000, 5000))

    line = Band(low=8000.0, high=8000.0)(low + high, 16000, np.random.default_rng(0))

    np.testing.assert_allclose(line, low, atol=1e-3)
