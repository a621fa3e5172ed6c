"""Log-mel features agree with librosa, do not depend on padding, and have the length that their type says."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nm_asr_samples import vowel

from nm_asr import AudioToMelSpectrogramPreprocessor
from nm_asr.errors import FrontEndError
from nm_asr.features.filters import mel_filters
from nm_asr.features.mel import LOG_FLOOR, MelSpectrogram

SETTINGS = [
    {"sample_rate": 16000, "n_mels": 64},
    {"sample_rate": 16000, "n_mels": 80, "window_size": 0.02, "n_fft": 512, "f_min": 20.0, "f_max": 7600.0},
    {"sample_rate": 8000, "n_mels": 40, "window_size": 0.03, "window_stride": 0.0125},
    {"sample_rate": 22050, "n_mels": 64, "window_size": 1024 / 22050, "window_stride": 256 / 22050},
]


def powers(settings: dict[str, Any], samples: np.ndarray, preemphasis: float = 0.0) -> np.ndarray:
    """Return mel powers of one recording by the implementation under test."""
    front_end = MelSpectrogram(**settings, preemphasis=preemphasis, log=False, normalize=None)
    mel_1ST, _ = front_end(torch.from_numpy(samples).unsqueeze(0), torch.tensor([len(samples)]))
    return mel_1ST.squeeze(0).numpy()


@pytest.mark.parametrize("settings", SETTINGS)
def test_powers_are_librosas(settings: dict[str, Any]) -> None:
    """Mel powers agree within 1e-4 relative plus 1e-7 of the largest, and logarithms within 1e-4."""
    librosa = pytest.importorskip("librosa")
    rate = settings["sample_rate"]
    samples = vowel(1.3, rate)
    width, hop = round(rate * settings.get("window_size", 0.025)), round(rate * settings.get("window_stride", 0.01))

    ours = powers(settings, samples)
    theirs = librosa.feature.melspectrogram(
        y=samples,
        sr=rate,
        n_fft=settings.get("n_fft", 2 ** (width - 1).bit_length()),
        win_length=width,
        hop_length=hop,
        n_mels=settings["n_mels"],
        fmin=settings.get("f_min", 0.0),
        fmax=settings.get("f_max"),
        pad_mode="constant",
    )

    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7 * theirs.max())
    np.testing.assert_allclose(np.log(ours + LOG_FLOOR), np.log(theirs + LOG_FLOOR), atol=1e-4)


@pytest.mark.parametrize("settings", SETTINGS)
def test_filters_are_librosas(settings: dict[str, Any]) -> None:
    """Every weight of the filter bank agrees."""
    librosa = pytest.importorskip("librosa")
    rate, n_mels = settings["sample_rate"], settings["n_mels"]
    f_min, f_max = settings.get("f_min", 0.0), settings.get("f_max", rate / 2)

    ours = mel_filters(sample_rate=rate, n_fft=512, n_mels=n_mels, f_min=f_min, f_max=f_max)

    np.testing.assert_allclose(
        ours, librosa.filters.mel(sr=rate, n_fft=512, n_mels=n_mels, fmin=f_min, fmax=f_max), atol=1e-7
    )


def test_preemphasis_is_a_difference_taken_first() -> None:
    """Pre-emphasis inside equals the difference taken outside."""
    samples = vowel(0.4, 16000)
    settings = {"sample_rate": 16000, "n_mels": 32}
    emphasised = np.concatenate([samples[:1], samples[1:] - np.float32(0.97) * samples[:-1]])

    np.testing.assert_allclose(powers(settings, samples, 0.97), powers(settings, emphasised), rtol=1e-3, atol=1e-9)


@given(samples=st.integers(1, 2000), hop=st.sampled_from([80, 160, 37]))
def test_the_number_of_frames_is_what_the_type_says(samples: int, hop: int) -> None:
    """t samples give t // hop + 1 frames, in the tensor, in the lengths and in the type of the port."""
    preprocessor = AudioToMelSpectrogramPreprocessor(
        sample_rate=8000, n_mels=8, window_size=0.02, window_stride=hop / 8000
    )

    spec, length = preprocessor(audio=torch.zeros(1, samples), length=torch.tensor([samples]))

    assert spec.shape == (1, 8, samples // hop + 1)
    assert length.tolist() == [samples // hop + 1]
    assert preprocessor.outputs["spec"].type.axes[2].size.evaluate({"t": samples}) == samples // hop + 1


def test_padding_and_company_change_nothing() -> None:
    """A recording's features are the same alone and beside longer ones, whatever stands in the padding."""
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=20).eval()
    short, long = torch.from_numpy(vowel(0.31, 8000, 1)), torch.from_numpy(vowel(0.8, 8000, 2))
    batch = torch.full((2, len(long)), 7.0)
    batch[0, : len(short)], batch[1] = short, long
    lengths = torch.tensor([len(short), len(long)])

    alone, alone_len = preprocessor(audio=short.unsqueeze(0), length=lengths[:1])
    together, together_len = preprocessor(audio=batch, length=lengths)

    frames = int(alone_len[0])
    assert together_len[0] == frames
    torch.testing.assert_close(together[:1, :, :frames], alone, rtol=1e-5, atol=1e-5)
    assert together[0, :, frames:].abs().max() == 0.0


def test_normalisation_is_per_band_over_the_valid_frames() -> None:
    """Each band of each recording has zero mean and unit deviation over its own frames; None leaves logarithms."""
    samples = torch.from_numpy(np.stack([vowel(0.6, 8000, 1), vowel(0.6, 8000, 2)]))
    lengths = torch.tensor([4800, 2000])
    normalizing, leaving = (
        AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=12, normalize=normalize).eval()
        for normalize in ("per_feature", None)
    )
    normal, frames = normalizing(audio=samples, length=lengths)
    plain, _ = leaving(audio=samples, length=lengths)

    for row, count in enumerate(frames.tolist()):
        valid, logs = normal[row, :, :count], plain[row, :, :count]
        torch.testing.assert_close(valid.mean(1), torch.zeros(12), atol=1e-4, rtol=0)
        torch.testing.assert_close(valid.std(1), torch.ones(12), atol=1e-3, rtol=0)
        torch.testing.assert_close(
            valid, (logs - logs.mean(1, keepdim=True)) / (logs.std(1, keepdim=True) + 1e-5), rtol=1e-3, atol=1e-3
        )


def test_a_single_frame_is_finite() -> None:
    """One frame has no deviation, silence no power; neither gives infinities."""
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=12)

    for audio in (torch.ones(1, 3), torch.zeros(1, 3), torch.zeros(1, 4000)):
        spec, _ = preprocessor(audio=audio, length=torch.tensor([audio.shape[1]]))
        assert spec.isfinite().all()


def test_dither_is_for_training_alone() -> None:
    """In evaluation the same audio gives the same features; in training it does not."""
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=12, dither=1e-3)
    audio, length = torch.from_numpy(vowel(0.3, 8000)).unsqueeze(0), torch.tensor([2400])

    training = [preprocessor.train()(audio=audio, length=length).spec for _ in range(2)]
    evaluation = [preprocessor.eval()(audio=audio, length=length).spec for _ in range(2)]

    assert not torch.equal(*training)
    assert torch.equal(*evaluation)


def test_features_stay_in_single_precision() -> None:
    """Under autocast to bfloat16 the features are those of float32."""
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=12).eval()
    audio, length = torch.from_numpy(vowel(0.3, 8000)).unsqueeze(0), torch.tensor([2400])

    with torch.autocast("cpu", dtype=torch.bfloat16):
        spec = preprocessor(audio=audio, length=length).spec

    assert torch.equal(spec, preprocessor(audio=audio, length=length).spec)


@pytest.mark.parametrize(
    "settings",
    [
        {"window_size": 0.1, "n_fft": 256},
        {"window_stride": 1e-6},
        {"f_min": 5000.0},
        {"f_max": 9000.0},
        {"normalize": "all"},
    ],
)
def test_contradicting_settings_are_errors(settings: dict[str, Any]) -> None:
    """Windows, hops and bands that cannot be are refused with what is expected."""
    with pytest.raises(FrontEndError, match=r"[Ee]xpected|must lie within"):
        AudioToMelSpectrogramPreprocessor(sample_rate=8000, **settings)


def test_nothing_is_saved() -> None:
    """Windows and filters follow from the parameters and are no weights."""
    assert not AudioToMelSpectrogramPreprocessor().has_weights()
