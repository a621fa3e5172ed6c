"""transcribe gives the same text however a recording comes in, and says what cannot be transcribed."""

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
from nm_asr.errors import AudioError, TranscriptionError
from nm_core import Graph, NeuralModuleFactory, inputs, load_application
from nm_core.application import Application

RECORDINGS = [spoken(text, np.random.default_rng(1)) for text in ("abc", "a", "cabcab", "b c")]


def graph(*, audio: str = f"B T:t ; AudioSignal({RATE})", **decoder: Any) -> Graph:
    """Return an untrained recogniser from audio to hypotheses."""
    torch.manual_seed(3)
    free = inputs(audio=audio, length="B ; Lengths(t)")
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=RATE, n_mels=20)
    spec, spec_len = preprocessor(audio=free.audio, length=free.length)
    encoded, encoded_len = JasperEncoder(feat_in=20, blocks=BLOCKS)(audio_signal=spec, length=spec_len)
    head = JasperDecoderForCTC(feat_in=16, num_classes=4)
    with torch.no_grad():  # an untrained head gives one class for everything; this one talks
        head.project.weight.normal_(std=5.0)
        head.project.bias.zero_()
    log_probs = head(encoder_output=encoded)
    heard = GreedyCTCDecoder(labels=LABELS, **decoder)(log_probs=log_probs, length=encoded_len)
    return Graph(heard, name="infer")


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


@pytest.mark.parametrize("recording", [np.zeros(100, np.int16), np.zeros((2, 2, 2)), np.zeros(0), np.array(["a"])])
def test_what_is_no_audio_is_refused(application: Application, recording: Any) -> None:
    """Integers, images and nothing are not recordings; the message says what is."""
    with pytest.raises(TranscriptionError, match=r"a path or an array of floats"):
        application.transcribe([recording])


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
