"""Windows cover a recording, overlap, and are of one length."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_asr.transcription.windows import cut_windows


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 30), st.data())
def test_windows_cover_a_recording(sizes: list[int], window: int, data: st.DataObject) -> None:
    """However the recording comes in blocks, each window holds its samples, and none is left out."""
    step = data.draw(st.integers(1, window))
    signal = np.arange(sum(sizes), dtype=np.float32)
    blocks = np.split(signal, np.cumsum(sizes)[:-1]) if sizes else []

    windows = list(cut_windows(blocks, window, step))

    for start, samples in windows:
        np.testing.assert_array_equal(samples, signal[start : start + window])
        assert len(samples) == min(window, len(signal))
    starts = [start for start, _ in windows]
    assert starts[0] == 0
    assert starts[-1] + len(windows[-1][1]) == len(signal)
    assert all(0 < after - before <= step for before, after in itertools.pairwise(starts))


@pytest.mark.parametrize("seconds", [1, 100])
def test_little_is_held(seconds: int) -> None:
    """Windows are given as soon as they are full."""
    reads = []

    def blocks():
        for number in range(10 * seconds):
            reads.append(number)
            yield np.zeros(100, np.float32)

    windows = cut_windows(blocks(), 300, 200)
    next(windows)

    assert len(reads) == 3
