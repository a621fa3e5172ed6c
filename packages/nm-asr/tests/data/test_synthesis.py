"""Speech is synthesised reproducibly, and its absence is one clear error."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nm_asr import read_manifest, synthesize_corpus
from nm_asr.data.synthesis import Synthesizer
from nm_asr.errors import SynthesisError

pytest.importorskip("espeakng_loader")


def test_one_pass_is_reproducible() -> None:
    """The same texts in the same order give the same samples, also when the library is opened again."""
    passes = []
    for _ in range(2):
        with Synthesizer(seed=4) as synthesizer:
            passes.append([synthesizer.speak("two left", voice=voice) for voice in ("en-us+f1", "en+m2")])

    for first, second in zip(*passes, strict=True):
        np.testing.assert_array_equal(first.samples, second.samples)
        assert first.sample_rate == 22050
        assert first.samples.dtype == np.float32
        assert 0.3 < len(first.samples) / first.sample_rate < 2.0


def test_word_starts_lie_within_the_sound() -> None:
    """Each word has a start, in order."""
    with Synthesizer() as synthesizer:
        spoken = synthesizer.speak("one two three", voice="en-us")

    assert len(spoken.word_starts) == 3
    assert sorted(spoken.word_starts) == list(spoken.word_starts)
    assert spoken.word_starts[-1] < len(spoken.samples) / spoken.sample_rate


@pytest.mark.parametrize("voice", ["en-us+nobody", "xx-yy"])
def test_an_unknown_voice_is_an_error(voice: str) -> None:
    """Neither a language nor a variant that does not exist passes for another one."""
    with Synthesizer() as synthesizer, pytest.raises(SynthesisError, match="has no voice"):
        synthesizer.speak("one", voice=voice)


def test_a_closed_synthesizer_is_an_error() -> None:
    """Speaking without opening says how to open it."""
    with pytest.raises(SynthesisError, match="with Synthesizer"):
        Synthesizer().speak("one", voice="en-us")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional wheel the message has the line that installs it."""
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)

    with pytest.raises(SynthesisError, match=r"pip install 'nm-asr\[quickstart\]'"):
        Synthesizer()


def test_a_corpus_keeps_its_voices_apart(tmp_path: Path) -> None:
    """No variant of the test is ever in the training set, manifests read back, and files are 16-bit at the rate."""
    progress: list[tuple[int, int]] = []
    corpus = synthesize_corpus(
        tmp_path,
        train_utterances=24,
        test_utterances=8,
        words=("one", "two", "three"),
        accents=("en", "en-us"),
        variants=("f1", "f2", "m1", "m2"),
        held_out=1,
        sample_rate=8000,
        progress=lambda done, total: progress.append((done, total)),
    )

    train, test = read_manifest(corpus.train), read_manifest(corpus.test)
    variants = {split: {u.speaker.partition("+")[2] for u in part} for split, part in (("a", train), ("b", test))}
    assert not variants["a"] & variants["b"]
    assert {utterance.speaker for utterance in test} <= set(corpus.test_voices)
    assert (len(train), len(test), progress[-1]) == (24, 8, (32, 32))
    counts = [sum(u.text.split().count(word) for u in train) for word in ("one", "two", "three")]
    assert max(counts) - min(counts) <= 1
    info = soundfile.info(train[0].path)
    assert (info.samplerate, info.subtype, info.channels) == (8000, "PCM_16", 1)
    assert info.duration == pytest.approx(train[0].duration, abs=1e-3)
    line = json.loads(corpus.train.read_text(encoding="utf-8").splitlines()[0])
    assert len(line["word_starts"]) == len(line["text"].split())


def test_a_corpus_is_reproducible(tmp_path: Path) -> None:
    """The same arguments give the same bytes."""
    for folder in ("a", "b"):
        synthesize_corpus(tmp_path / folder, train_utterances=3, test_utterances=1, seed=7)

    first, second = (
        {path.relative_to(tmp_path / folder): path.read_bytes() for path in (tmp_path / folder).rglob("*.*")}
        for folder in ("a", "b")
    )
    assert first == second


def test_words_are_parted_by_pauses(tmp_path: Path) -> None:
    """Between words there is silence as long as asked for, and words start where the manifest says."""
    corpus = synthesize_corpus(
        tmp_path, train_utterances=12, test_utterances=1, pauses=(0.3, 0.3), pause_probability=1.0, conditions=()
    )

    for utterance in read_manifest(corpus.train):
        samples, rate = soundfile.read(utterance.path)
        loud = np.flatnonzero(np.abs(samples) > 2e-3)
        gaps = np.diff(loud)
        assert (gaps >= 0.29 * rate).sum() == len(utterance.text.split()) - 1
        starts = [loud[0], *loud[1:][gaps >= 0.29 * rate]]
        line = json.loads(corpus.train.read_text(encoding="utf-8").splitlines()[utterance.line - 1])
        np.testing.assert_allclose(line["word_starts"], np.array(starts) / rate, atol=0.1)


def test_recordings_differ_in_noise_and_level(tmp_path: Path) -> None:
    """By default most recordings begin with noise, levels span 10 dB and more, and nothing is cut off."""
    corpus = synthesize_corpus(tmp_path, train_utterances=24, test_utterances=1)
    recordings = [soundfile.read(utterance.path)[0] for utterance in read_manifest(corpus.train)]

    peaks = np.array([np.abs(samples).max() for samples in recordings])
    assert 20 * np.log10(peaks.max() / peaks.min()) > 10
    assert peaks.max() <= 1.0
    assert np.mean([samples[:200].std() > 0 for samples in recordings]) > 0.5


@pytest.mark.parametrize(
    "settings", [{"pauses": (0.5, 0.1)}, {"pauses": (-1.0, 0.1)}, {"pause_probability": 1.5}, {"pauses": (0.1, 1e9)}]
)
def test_pauses_must_have_a_length(tmp_path: Path, settings: dict[str, object]) -> None:
    """Impossible pauses are an error that says what is expected."""
    with pytest.raises(SynthesisError, match="the shorter first"):
        synthesize_corpus(tmp_path, train_utterances=1, test_utterances=1, **settings)


def test_a_corpus_needs_voices_on_both_sides(tmp_path: Path) -> None:
    """Holding out every variant, or none, is an error."""
    with pytest.raises(SynthesisError, match="held_out is 2; expected 1 to 1"):
        synthesize_corpus(tmp_path, variants=("f1", "f2"), held_out=2)
