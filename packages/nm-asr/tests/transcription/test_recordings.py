"""Arrays become mono samples within ±1, whatever their type and the order of their axes, or are refused."""

from typing import Any

import numpy as np
import pytest
import torch

from nm_asr.errors import TranscriptionError
from nm_asr.transcription.recordings import is_single, make_audio

SOUND = np.linspace(-1.0, 0.99, 1000, dtype=np.float32)


def read(item: Any) -> np.ndarray:
    """Return the samples of an array at its own rate."""
    return make_audio(item, "The recording", 8000).samples(8000)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_integers_are_scaled_by_their_width(dtype: str) -> None:
    """Full scale becomes 1; unsigned bytes are silent at 128, as in a wav."""
    scale = float(np.iinfo(dtype).max) + 1

    samples = read((SOUND.astype(np.float64) * scale).astype(dtype))

    np.testing.assert_allclose(samples, SOUND, atol=1.1 / scale + 1e-6)
    np.testing.assert_allclose(read(np.array([0, 128, 255] * 20, np.uint8))[:3], [-1.0, 0.0, 127 / 128])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int16])
def test_tensors_of_every_type_are_read(dtype: torch.dtype) -> None:
    """Also those with a gradient, which NumPy refuses."""
    samples = torch.from_numpy(SOUND) * (2.0**15 if dtype == torch.int16 else 1.0)

    np.testing.assert_allclose(read(samples.to(dtype)), SOUND, atol=5e-3)
    if dtype.is_floating_point:
        np.testing.assert_allclose(read(samples.to(dtype).requires_grad_()), SOUND, atol=5e-3)


@pytest.mark.parametrize("shape", [(1000,), (1, 1000), (1000, 1), (2, 1000), (1000, 2), (1000, 6)])
def test_channels_are_told_apart(shape: tuple[int, ...]) -> None:
    """The mean is over channels, on whichever axis they are, and never over time."""
    channels_last = shape[0] == 1000
    samples = np.broadcast_to(SOUND if not channels_last else SOUND.reshape(-1, *[1] * (len(shape) - 1)), shape)

    np.testing.assert_allclose(read(samples), SOUND, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 1000), (100, 1000), (2, 2), (20, 30), (0, 2), (2, 3, 1000), ()])
def test_doubtful_shapes_are_refused(shape: tuple[int, ...]) -> None:
    """A batch is no recording of many channels; the message says how to give either."""
    with pytest.raises(TranscriptionError, match=r"The recording (has|is) ") as error:
        read(np.zeros(shape, np.float32))

    if len(shape) == 2 and 0 not in shape:
        assert "list(samples)" in str(error.value)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.bool_, np.complex64, "U3"])
def test_other_numbers_are_refused(dtype: Any) -> None:
    """What has no full scale, or is no sound, is named with its type."""
    with pytest.raises(TranscriptionError, match=r"The recording is ndarray of .*with shape"):
        read(np.zeros(100, dtype))


def test_one_recording_is_told_from_several() -> None:
    """Arrays, tensors, bytes and lists of floats are one; lists of these are several."""
    assert all(is_single(item) for item in ("a.wav", b"RIFF", SOUND, torch.zeros(3), [0.0, 0.1], np.zeros((2, 9))))
    assert not any(is_single(item) for item in ([], [SOUND], ["a.wav"], [[0.0, 0.1]], (torch.zeros(3),), iter("a")))
