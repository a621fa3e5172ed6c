"""transcribe gives the same text however a recording comes in, and says what cannot be transcribed."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from nm_asr_samples import BLOCKS, LABELS, RATE, spoken

from nm_asr import (
    AudioToMelSpectrogramPreprocessor,
    GreedyCTCDecoder,
    Hypothesis,
    JasperDecoderForCTC,
    JasperEncoder,
    transcribe,
)
from nm_asr.errors import AudioError, DecodingError, TranscriptionError
from nm_core import Graph, NeuralModuleFactory, inputs, load_application
from nm_core.application import Application

RECORDINGS = [spoken(text, np.random.default_rng(1)) for text in ("abc", "a", "cabcab", "b c")]


def graph(
    *, audio: str = f"B T:t ; AudioSignal({RATE})", normalize: str | None = "per_feature", **decoder: Any
) -> Graph:
    """Return an untrained recogniser from audio to hypotheses."""
    torch.manual_seed(3)
    free = inputs(audio=audio, length="B ; Lengths(t)")
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=RATE, n_mels=20, normalize=normalize)
    spec, spec_len = preprocessor(audio=free.audio, length=free.length)
    encoder = JasperEncoder(feat_in=20, blocks=BLOCKS)
    if normalize is None:  # so that the features' level does not drown what changes
        learn_statistics(preprocessor, encoder)
    encoded, encoded_len = encoder(audio_signal=spec, length=spec_len)
    head = JasperDecoderForCTC(feat_in=16, num_classes=4)
    with torch.no_grad():  # an untrained head gives one class for everything; this one talks
        head.project.weight.normal_(std=5.0)
        head.project.bias.zero_()
    log_probs = head(encoder_output=encoded)
    heard = GreedyCTCDecoder(labels=LABELS, **decoder)(log_probs=log_probs, length=encoded_len)
    return Graph(heard, name="infer")


def learn_statistics(preprocessor: AudioToMelSpectrogramPreprocessor, encoder: JasperEncoder) -> None:
    """Let batch normalisation see a recording often enough."""
    samples = torch.from_numpy(np.concatenate(RECORDINGS)).unsqueeze(0)
    with torch.no_grad():
        for _ in range(50):
            spec, spec_len = preprocessor(audio=samples, length=torch.tensor([samples.shape[1]]))
            encoder(audio_signal=spec, length=spec_len)


def save(graph: Graph, folder: Path) -> Application:
    """Return an application with this graph, written to a folder and read again."""
    NeuralModuleFactory(placement="cpu").save(folder / "application", graphs={"infer": graph})
    return load_application(folder / "application", placement="cpu")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """Return a saved recogniser."""
    return save(graph(), tmp_path_factory.mktemp("saved"))


def times(heard: Hypothesis) -> list[tuple[str, float, float]]:
    """Return words with their times."""
    return [(word.text, word.start, word.end) for word in heard.words]


def test_arrays_and_files_give_the_same(application: Application, tmp_path: Path) -> None:
    """A path, a Path, an array, one of them alone, and a batch of any size agree, in the order given."""
    paths = []
    for number, samples in enumerate(RECORDINGS):
        paths.append(tmp_path / f"{number}.wav")
        soundfile.write(paths[-1], samples, RATE, subtype="FLOAT")

    from_arrays = application.transcribe(RECORDINGS)
    from_paths = application.transcribe([str(path) for path in paths], batch_size=3)
    one_by_one = [application.transcribe(path) for path in paths]

    assert len({heard.text for heard in from_arrays}) > 1
    for first, second, third in zip(from_arrays, from_paths, one_by_one, strict=True):
        assert first.text == second.text == third.text
        assert times(first) == times(second) == times(third)
        assert first.confidence == pytest.approx(third.confidence, abs=1e-4)


def test_eight_threads_give_what_one_gives(application: Application) -> None:
    """Bitwise in text, times and confidence; and no statistics of the model have moved."""
    expected = [application.transcribe(samples) for samples in RECORDINGS]
    modules = [module for module in application.modules.values() if isinstance(module, torch.nn.Module)]
    weights = {name: value.clone() for module in modules for name, value in module.state_dict().items()}

    with ThreadPoolExecutor(8) as pool:
        numbers = [number % len(RECORDINGS) for number in range(80)]
        results = list(pool.map(lambda number: application.transcribe(RECORDINGS[number]), numbers))

    assert results == [expected[number] for number in numbers]
    assert not any(part.training for module in modules for part in module.modules())
    assert all(torch.equal(weights[name], v) for module in modules for name, v in module.state_dict().items())


def test_it_is_what_the_graph_computes(application: Application) -> None:
    """The text is that of the graph called on values, and frames of 20 ms became seconds."""
    samples = RECORDINGS[2]

    heard = transcribe(application, samples)
    live = graph()
    for module in live.modules.values():
        if isinstance(module, torch.nn.Module):
            module.eval()
    (frames,) = live(audio=torch.from_numpy(samples).unsqueeze(0), length=torch.tensor([len(samples)]))

    assert heard.unit == "seconds"
    assert [token.id for token in heard.tokens] == [token.id for token in frames.tokens]
    assert heard.tokens[-1].end == pytest.approx(frames.tokens[-1].end * 0.02)


def test_seconds_of_the_decoder_are_kept(tmp_path: Path) -> None:
    """A decoder that gives seconds already is left alone."""
    heard = save(graph(frame_seconds=0.5), tmp_path).transcribe(RECORDINGS[0])

    assert heard.unit == "seconds"
    assert (heard.tokens[0].end / 0.5).is_integer()


def test_other_rates_and_channels(application: Application) -> None:
    """Stereo at 16 kHz is mixed and resampled to the rate that the application's type states."""
    soxr = pytest.importorskip("soxr")
    expected = application.transcribe(RECORDINGS)
    stereo = [np.stack([soxr.resample(samples, RATE, 16000)] * 2, 1) for samples in RECORDINGS]

    hypotheses = application.transcribe(stereo, sample_rate=16000)

    same = [actual.text == reference.text for actual, reference in zip(hypotheses, expected, strict=True)]
    assert sum(same) >= 3
    for actual, reference in zip(hypotheses, expected, strict=True):
        assert len(actual.tokens) == pytest.approx(len(reference.tokens), abs=2)


def test_batches_are_bounded(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch holds more recordings or more padded seconds than asked; a long recording is a batch of its own."""
    shapes = []
    infer = application.factory.infer

    def noting(graph: Graph, *, inputs: dict[str, Any]) -> Any:
        shapes.append(inputs["audio"].shape)
        return infer(graph, inputs=inputs)

    monkeypatch.setattr(application.factory, "infer", noting)
    application.transcribe([*RECORDINGS, np.zeros(5 * RATE, np.float32)], batch_size=3, batch_seconds=1.5)

    assert sum(rows for rows, _ in shapes) == 5
    assert all(rows * samples <= 1.5 * RATE or rows == 1 for rows, samples in shapes)
    assert max(rows for rows, _ in shapes) <= 3
    assert len(shapes) == 3


def test_nothing_to_do(application: Application) -> None:
    """No recordings give no hypotheses."""
    assert application.transcribe([]) == []


def test_missing_files_are_named_before_anything_is_computed(application: Application, tmp_path: Path) -> None:
    """All of them, in one error."""
    with pytest.raises(AudioError) as error:
        application.transcribe([RECORDINGS[0], tmp_path / "a.wav", str(tmp_path / "b.wav")])

    assert "a.wav: there is no such file" in str(error.value)
    assert "b.wav: there is no such file" in str(error.value)


def test_the_others_go_on_where_that_is_asked_for(application: Application, tmp_path: Path) -> None:
    """Missing files and those that turn out to be damaged are given to a function; the rest is as if they were not."""
    soundfile.write(tmp_path / "good.wav", RECORDINGS[1], RATE)
    soundfile.write(tmp_path / "cut.flac", RECORDINGS[2], RATE)
    damaged = (tmp_path / "cut.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(damaged[: len(damaged) // 2])  # its header still tells its length
    (tmp_path / "text.wav").write_text("no audio")
    recordings = [
        tmp_path / "gone.wav",
        tmp_path / "good.wav",
        tmp_path / "cut.flac",
        tmp_path / "text.wav",
        RECORDINGS[0],
    ]
    failed: dict[int, AudioError] = {}

    hypotheses = transcribe(application, recordings, on_error=failed.__setitem__)

    assert sorted(failed) == [0, 2, 3]
    assert "gone.wav" in str(failed[0])
    assert [item is None for item in hypotheses] == [True, False, True, True, False]
    assert [item.text for item in hypotheses if item] == [
        item.text for item in application.transcribe(recordings[1::3])
    ]
    assert transcribe(application, recordings[:1], on_error=failed.__setitem__) == [None]
    with pytest.raises(AudioError):
        application.transcribe(recordings)


@pytest.mark.parametrize("recording", [np.zeros(100, np.int64), np.zeros((2, 2, 2)), np.zeros(0), np.array(["a"])])
def test_what_is_no_audio_is_refused(application: Application, recording: Any) -> None:
    """Integers without a full scale, images and nothing are not recordings; the message says what is."""
    with pytest.raises(TranscriptionError, match=r"a path, an audio file's bytes, .* or an array of floats"):
        application.transcribe([recording])


def test_files_arrays_and_tensors_of_all_forms_give_the_same(application: Application, tmp_path: Path) -> None:
    """Bytes, open files, tensors, lists, PCM, and channels on either axis are the recording that they hold."""
    samples = RECORDINGS[2]
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    expected = application.transcribe(samples)
    stereo = np.stack([samples, samples])
    forms = [
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        torch.from_numpy(samples),
        torch.from_numpy(samples).unsqueeze(0),
        torch.from_numpy(stereo),
        stereo,
        stereo.T,
        samples.astype(np.float64),
        samples.tolist(),
        (32768 * samples).astype(np.int16),
        (2.0**31 * samples).astype(np.int32),
    ]

    assert len(expected.words) > 0
    for form in forms:
        hypothesis = application.transcribe(form)
        assert isinstance(hypothesis, Hypothesis), type(form)
        assert hypothesis.text == expected.text, type(form)
    with path.open("rb") as file:
        assert application.transcribe(file).text == expected.text
    path_and_list = application.transcribe([torch.from_numpy(stereo), path])
    assert [hypothesis.text for hypothesis in path_and_list] == [expected.text] * 2


@pytest.mark.parametrize("rate", ["16k", 0, -8000, float("nan"), float("inf"), 8000.5, True, 1, [8000]])
def test_rates_are_checked(application: Application, rate: Any) -> None:
    """A rate is a whole number of samples per second; the message says which, and what arrays have without it."""
    with pytest.raises(TranscriptionError, match=r"sample_rate is .*such as 16000(.|\n)*Without it .* have 8000"):
        application.transcribe(RECORDINGS, sample_rate=rate)


def test_whole_rates_of_any_type_are_taken(application: Application) -> None:
    """A rate may come from NumPy, or as a float."""
    expected = [hypothesis.text for hypothesis in application.transcribe(RECORDINGS)]

    for rate in (RATE, np.int64(RATE), float(RATE), np.float32(RATE)):
        assert [h.text for h in application.transcribe(RECORDINGS, sample_rate=rate)] == expected


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_samples_that_are_not_finite_are_unreadable(application: Application, value: float) -> None:
    """Such an array is an error that names it, and the others go on where that is asked for."""
    bad = RECORDINGS[0].copy()
    bad[9] = value
    failed: dict[int, AudioError] = {}

    with pytest.raises(AudioError, match=r"The recording: sample 9 is"):
        application.transcribe(bad)
    hypotheses = transcribe(application, [RECORDINGS[1], bad], on_error=failed.__setitem__)

    assert [item is None for item in hypotheses] == [False, True]
    assert "Recording 1: sample 9 is" in str(failed[1])


def test_a_recording_that_the_model_cannot_stand_fails_alone(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where log-probabilities of one are not finite, its neighbours in the batch have their text."""
    infer = application.factory.infer

    def overflow(graph: Graph, *, inputs: dict[str, Any]) -> Any:
        if (np.abs(inputs["audio"]) > 1.0).any():
            raise DecodingError("not finite")
        return infer(graph, inputs=inputs)

    expected = [hypothesis.text for hypothesis in application.transcribe(RECORDINGS)]
    monkeypatch.setattr(application.factory, "infer", overflow)
    failed: dict[int, AudioError] = {}

    hypotheses = transcribe(application, [*RECORDINGS, 100 * RECORDINGS[0]], on_error=failed.__setitem__)

    assert [item.text for item in hypotheses if item] == expected
    assert list(failed) == [4]
    with pytest.raises(AudioError, match="not finite"):
        application.transcribe(100 * RECORDINGS[0])


@pytest.mark.parametrize(
    "limit",
    [{"batch_size": "4"}, {"batch_seconds": 0.0}, {"batch_seconds": float("nan")}, {"window_seconds": 0.5}]
    + [{"window_seconds": float("nan")}, {"batch_size": True}],
)
def test_limits_are_numbers(application: Application, limit: dict[str, Any]) -> None:
    """Texts, NaN and windows of no length are errors that name the limit."""
    with pytest.raises(TranscriptionError, match=rf"{next(iter(limit))}=.*; expected a number"):
        application.transcribe(RECORDINGS, **limit)


def long_recording(tmp_path: Path, count: int) -> Path:
    """Write a recording of many words with pauses, and return its path."""
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("abc"), size=random.integers(1, 4))) for _ in range(count)]
    soundfile.write(tmp_path / "long.flac", np.concatenate([spoken(word, random) for word in words]), RATE)
    return tmp_path / "long.flac"


def test_windows_give_the_text_of_the_whole(tmp_path: Path) -> None:
    """A long recording has the tokens of the whole one at their times, where features are not normalised over it."""
    application = save(graph(normalize=None), tmp_path)
    path = long_recording(tmp_path, 100)
    whole = application.transcribe(path, window_seconds=float("inf"))
    assert len(whole.words) > 50

    for window in (4.0, 7.3, 31.0):
        hypothesis = application.transcribe(path, window_seconds=window)

        assert hypothesis.text == whole.text
        assert hypothesis.unit == "seconds"
        assert [token.id for token in hypothesis.tokens] == [token.id for token in whole.tokens]
        assert [word.start for word in hypothesis.words] == pytest.approx(
            [word.start for word in whole.words], abs=0.05
        )
    samples, _ = soundfile.read(path, dtype="float32")
    assert application.transcribe(samples, window_seconds=4.0).text == whole.text


def test_no_window_is_longer_than_asked(
    application: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever the length of the recording, the graph sees windows of one length, alone in their batch."""
    shapes = []
    infer = application.factory.infer

    def noting(graph: Graph, *, inputs: dict[str, Any]) -> Any:
        shapes.append(inputs["audio"].shape)
        return infer(graph, inputs=inputs)

    monkeypatch.setattr(application.factory, "infer", noting)
    application.transcribe([long_recording(tmp_path, 60), RECORDINGS[0]], window_seconds=5.0)

    assert shapes[-1][1] == len(RECORDINGS[0])
    assert set(shapes[:-1]) == {(1, 5 * RATE)}
    assert len(shapes) > 4


def test_a_long_recording_that_is_damaged_is_one_error(application: Application, tmp_path: Path) -> None:
    """It is found when it is reached, and named."""
    path = long_recording(tmp_path, 60)
    path.write_bytes(path.read_bytes()[:-20_000])

    with pytest.raises(AudioError, match=r"long\.flac: "):
        application.transcribe(path, window_seconds=5.0)


@pytest.mark.parametrize("folder", ["", "manifest.jsonl"])
def test_folders_and_manifests_have_a_way_on(application: Application, tmp_path: Path, folder: str) -> None:
    """They are several recordings; the message has the line that lists them."""
    (tmp_path / "manifest.jsonl").write_text("{}")

    with pytest.raises(AudioError, match=r"Give (the|its) recordings.*: "):
        application.transcribe(tmp_path / folder)


@pytest.mark.parametrize("audio", [{"a": 1}, {"a.wav"}, None, 3, object()])
def test_recordings_come_in_order(application: Application, audio: Any) -> None:
    """A mapping, a set and what is no recording at all are refused with what is expected."""
    with pytest.raises(TranscriptionError, match="expected a recording, or a list of them"):
        application.transcribe(audio)


def test_a_pair_of_samples_and_rate_has_a_way_on(application: Application) -> None:
    """What libraries return from reading a file is taken apart first."""
    with pytest.raises(TranscriptionError, match=r"say transcribe\(samples, sample_rate=sample_rate\)"):
        application.transcribe((RECORDINGS[0], 16000))


def test_an_application_without_audio_is_refused(tmp_path: Path) -> None:
    """A graph that begins at spectrograms says what is missing."""
    free = inputs(spec="B Spectrogram:20 T:t", length="B ; Lengths(t)")
    encoded, _ = JasperEncoder(feat_in=20, blocks=BLOCKS)(audio_signal=free.spec, length=free.length)
    log_probs = JasperDecoderForCTC(feat_in=16, num_classes=4)(encoder_output=encoded)

    with pytest.raises(TranscriptionError, match=r"asr\.AudioToMelSpectrogramPreprocessor in front"):
        save(Graph(GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs), name="infer"), tmp_path).transcribe("a.wav")


def test_limits_must_be_positive(application: Application) -> None:
    """A batch of nothing is an error."""
    with pytest.raises(TranscriptionError, match="batch_size=0"):
        application.transcribe(RECORDINGS, batch_size=0)
