"""Audio is read as mono float32 at the rate asked for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from nm_asr_samples import vowel

from nm_asr.data.audio import read_audio, read_duration, stream_audio
from nm_asr.errors import AudioError


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    """Every format gives the sound back, lossy ones nearly."""
    sound = vowel(0.5, 16000)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, sound, 16000)

    samples = read_audio(path, 16000)[: len(sound)]

    assert samples.dtype == np.float32
    assert np.corrcoef(samples, sound[: len(samples)])[0, 1] > 0.97
    assert read_duration(path) == pytest.approx(0.5, abs=0.1)


def test_channels_are_averaged(tmp_path: Path) -> None:
    """Stereo becomes the mean of its channels."""
    first_channel, second_channel = vowel(0.2, 8000, 1), vowel(0.2, 8000, 2)
    soundfile.write(tmp_path / "a.wav", np.stack([first_channel, second_channel], 1), 8000, subtype="FLOAT")

    np.testing.assert_allclose(read_audio(tmp_path / "a.wav", 8000), (first_channel + second_channel) / 2, atol=1e-7)


def test_other_rates_are_resampled(tmp_path: Path) -> None:
    """A tone keeps its pitch, level and duration at another rate."""
    time = np.arange(4410) / 44100
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 1000 * time), 44100, subtype="FLOAT")

    samples = read_audio(tmp_path / "a.wav", 16000)

    assert len(samples) == 1600
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(1600) / 16000)
    np.testing.assert_allclose(samples[200:-200], expected[200:-200], atol=2e-3)


def test_a_part_is_read(tmp_path: Path) -> None:
    """An offset and a duration, in seconds, cut the file."""
    sound = vowel(0.5, 8000)
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="FLOAT")

    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav", 8000, offset=0.1, duration=0.25), sound[800:2800])
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav", 8000, offset=0.4), sound[3200:])


@pytest.mark.parametrize("read", [read_duration, lambda path: read_audio(path, 8000)])
def test_missing_and_damaged_files_are_named(tmp_path: Path, read: object) -> None:
    """A file that is not there or is no audio is an AudioError, which is an OSError."""
    (tmp_path / "b.wav").write_bytes(b"RIFFnothing")

    with pytest.raises(AudioError, match="there is no such file"):
        read("a" * 5000)
    with pytest.raises(AudioError, match=r"a\.wav: there is no such file"):
        read(tmp_path / "a.wav")
    with pytest.raises(OSError, match=r"b\.wav: it cannot be read as audio"):
        read(tmp_path / "b.wav")


def test_nothing_is_an_error(tmp_path: Path) -> None:
    """A file without samples, and an offset past its end, are errors."""
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "b.wav", np.zeros(800), 8000)

    with pytest.raises(AudioError, match="it holds no samples"):
        read_audio(tmp_path / "a.wav", 8000)
    with pytest.raises(AudioError, match=r"it ends at 0\.10 s, before offset 0\.20 s"):
        read_audio(tmp_path / "b.wav", 8000, offset=0.2)


def test_a_recording_that_is_too_short_for_a_rate_is_named(tmp_path: Path) -> None:
    """Two samples of a high rate are none of a low one, whole or in blocks."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(2, 0.5, np.float32), 44352)

    with pytest.raises(AudioError, match="no samples"):
        read_audio(path, 8000)
    with pytest.raises(AudioError, match="no samples"):
        list(stream_audio(path, 8000))
