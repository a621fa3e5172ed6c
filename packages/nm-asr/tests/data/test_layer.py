"""The data layer gives what its manifests name, reproducibly, and says what it leaves out."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from nm_asr_samples import LABELS, RATE

from nm_asr import AudioToMelSpectrogramPreprocessor, AudioToTextDataLayer
from nm_asr.errors import (
    AugmentationError,
    ComposedTextWarning,
    DataLayerError,
    FrontEndError,
    LabelError,
    LeftOutWarning,
    ManifestError,
)
from nm_core import ParameterError, signature_of
from nm_torch.common import text_source
from nm_torch.data import Request, UnreadableDataError

Write = Callable[..., Path]


def layer(manifest: Path | list[Path], **settings: Any) -> AudioToTextDataLayer:
    """Return a layer over a manifest with the labels and the rate of these tests."""
    paths = [str(path) for path in manifest] if isinstance(manifest, list) else str(manifest)
    return AudioToTextDataLayer(**({"manifest": paths, "labels": LABELS, "sample_rate": RATE, "n_mels": 20} | settings))


def test_a_batch_in_port_order(corpus: Write) -> None:
    """Features, frames, label ids padded with -1 and their number, as the listing takes them apart."""
    data = layer(corpus(["ab", "c a", ""]))

    spec, spec_len, transcript, transcript_len = data.load((0, 1, 2))

    assert spec.shape == (3, 20, spec_len.max())
    assert spec.dtype == torch.float32
    assert spec_len.tolist() == [(800 + 800 * n) // 80 + 1 for n in (2, 3, 0)]
    assert transcript.tolist() == [[1, 2, -1], [3, 0, 1], [-1, -1, -1]]
    assert transcript_len.tolist() == [2, 3, 0]
    assert spec_len.dtype == transcript.dtype == transcript_len.dtype == torch.int64


def test_features_are_those_of_the_preprocessor(corpus: Write) -> None:
    """logmel here and the preprocessor in a graph over audio give the same numbers, whatever the batch."""
    manifest = corpus(["abc", "a", "cb"])
    settings = {"window_size": 0.02, "preemphasis": 0.9}
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=RATE, n_mels=20, **settings).eval()

    spec, spec_len, *_ = layer(manifest, front_end=settings).load((0, 1, 2))
    audio, audio_len, *_ = layer(manifest, features="audio").load((0, 1, 2))

    expected, expected_len = preprocessor(audio=audio, length=audio_len)
    torch.testing.assert_close(spec, expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(spec_len, expected_len)


def test_types_follow_the_features() -> None:
    """The first output is a spectrogram or a signal with its rate, known without a manifest."""
    params = {"labels": LABELS, "n_mels": 20, "sample_rate": 8000}

    logmel = signature_of(AudioToTextDataLayer, params | {"features": "logmel"}).outputs
    audio = signature_of(AudioToTextDataLayer, params | {"features": "audio"}).outputs

    assert str(logmel["spec"].type) == "Batch Spectrogram:20 Time:t ; Features"
    assert str(audio["spec"].type) == "Batch Time:t ; AudioSignal(8000)"
    assert list(logmel) == list(audio) == ["spec", "spec_len", "transcript", "transcript_len"]
    assert str(audio["transcript"].type) == "Batch Token:u ; Labels(4)"


@pytest.mark.parametrize("features", ["audio", "logmel"])
def test_augmentation_depends_on_seed_epoch_and_sample_alone(corpus: Write, features: str) -> None:
    """A sample sounds the same in any batch and any order, and otherwise in another epoch."""
    augmentation = [{"type": "speed"}, {"type": "noise"}]
    data = layer(corpus(["ab", "bc", "ca"]), features=features, augmentation=augmentation)

    alone = data.load((1,), seed=3, epoch=2)
    together = data.load((0, 1, 2), seed=3, epoch=2)
    later = data.load((1,), seed=3, epoch=3)

    length = int(alone.spec_len[0])
    assert torch.equal(alone.spec[0], together.spec[1, ..., :length])
    assert later.spec.shape != alone.spec.shape or not torch.equal(later.spec, alone.spec)


@pytest.mark.parametrize("augmentation", [(), [{"type": "gain"}]])
def test_the_cache_changes_nothing(corpus: Write, augmentation: Any) -> None:
    """With and without memory the values agree, and after the first reading files are not needed any more."""
    manifest = corpus(["ab", "bc"])
    cached = layer(manifest, augmentation=augmentation)
    fresh = layer(manifest, augmentation=augmentation, cache_megabytes=0)
    cached.load((0, 1), epoch=1)
    expected = fresh.load((0, 1), epoch=2)
    (manifest.parent / "0.wav").unlink()

    torch.testing.assert_close(cached.load((0, 1), epoch=2).spec, expected.spec, rtol=0, atol=0)
    assert "2 of 2 samples in memory, 0 of 256 MiB" in cached.summary()
    assert len(fresh.cache) == 0


def test_bucketing_and_seconds_per_batch(corpus: Write) -> None:
    """Utterances of like length share a batch, and a padded batch stays within its seconds."""
    data = layer(corpus(["a", "abcabcabc", "b", "abcabcabca", "c"]), bucketing=True, batch_size=8, batch_seconds=2.3)

    batches = data.plan_epoch(seed=0, epoch=0)

    assert [sorted(batch) for batch in batches] == [[0, 2, 4], [1, 3]]


def test_unreadable_recordings_are_counted_and_listed(corpus: Write) -> None:
    """Missing, damaged and mislabelled files are left out of their batch and listed with the reason."""
    manifest = corpus(["a", "b", "c", "ab"], {2: {"duration": 9.0}})
    (manifest.parent / "0.wav").unlink()
    (manifest.parent / "1.wav").write_bytes(b"noise")
    data = layer(manifest, batch_size=4)

    (batch,) = list(data)

    assert batch.transcript.tolist() == [[1, 2]]
    assert set(data.unreadable) == {0, 1, 2}
    assert "0.wav: there is no such file" in data.report()
    assert "1.wav: it cannot be read as audio" in data.report()
    assert "it holds 0.20 s, but the manifest's line 3 says 9.00 s" in data.report()


def test_damaged_recordings_stop_no_run(corpus: Write) -> None:
    """A sample that is NaN, a recording that was cut off and an empty file are listed with path and reason."""
    manifest = corpus(["a", "b", "c", "ab"])
    samples, rate = soundfile.read(manifest.parent / "0.wav")
    samples[7] = np.nan
    soundfile.write(manifest.parent / "0.wav", samples, rate, subtype="FLOAT")
    (manifest.parent / "1.wav").write_bytes((manifest.parent / "1.wav").read_bytes()[:400])
    (manifest.parent / "2.wav").write_bytes(b"")
    data = layer(manifest, batch_size=2)

    batches = list(data)

    assert [len(batch.spec) for batch in batches] == [1]
    assert "0.wav: sample 7 is nan" in data.unreadable[0]
    assert "1.wav: it ends at 0.02 s" in data.unreadable[1]
    assert "2.wav: the file is empty" in data.unreadable[2]


def test_too_many_unreadable_recordings_stop_the_run(corpus: Write) -> None:
    """Past the limit it is an error that lists them."""
    manifest = corpus(["a", "b", "c", "ab"])
    for number in range(2):
        (manifest.parent / f"{number}.wav").unlink()

    with pytest.raises(UnreadableDataError, match=r"2 of 4 samples cannot be read, and max_unreadable=1"):
        list(layer(manifest, max_unreadable=1, batch_size=4))


def test_parts_of_one_file(corpus: Write, tmp_path: Path) -> None:
    """An offset cuts an utterance out of a longer recording."""
    corpus(["abc"])
    line = {"audio_filepath": "0.wav", "duration": 0.1, "text": "b", "offset": 0.15}
    manifest = tmp_path / "parts.jsonl"
    manifest.write_text(json.dumps(line), encoding="utf-8")

    audio, length, *_ = layer(manifest, features="audio").load((0,))

    assert length.tolist() == [800]
    spectrum = np.abs(np.fft.rfft(audio[0].numpy()))
    assert np.argmax(spectrum) * RATE / 800 == pytest.approx(450, abs=10)


def test_samples_are_named_by_their_files(corpus: Write, tmp_path: Path) -> None:
    """Messages call an utterance by its recording, and a part of one by its beginning too."""
    data = layer(corpus(["ab", "bc"], {1: {"offset": 0.05, "duration": 0.1}}))
    assert data.sample_name(0) == str(tmp_path / "0.wav")
    assert data.sample_name(1) == f"{tmp_path / '1.wav'} at 0.05 s"


def test_utterances_left_out_by_duration_are_said(corpus: Write) -> None:
    """A warning and the summary say how many are shorter or longer than allowed."""
    with pytest.warns(
        LeftOutWarning, match=r"1 utterances left out for being shorter .*; 2 .* longer than max_duration"
    ):
        data = layer(corpus(["", "ab", "ac", "abcabc", "abcabc"]), min_duration=0.15, max_duration=0.5)

    assert len(data) == 2
    assert data.summary().startswith("2 utterances, 0.0 minutes; 1 utterances left out")


def test_nothing_left_is_an_error(corpus: Write) -> None:
    """When every utterance is too long the error says so and names the limits."""
    with pytest.raises(ManifestError, match=r"no utterance is left: 2 .* longer than max_duration"):
        layer(corpus(["ab", "ac"]), max_duration=0.1)


def test_characters_outside_the_labels_are_named_with_their_lines(corpus: Write) -> None:
    """The error says lines, characters and what to do; nothing is dropped in silence."""
    with pytest.raises(LabelError) as error:
        layer(corpus(["ab", "aBé", "a-b"]))

    message = str(error.value)
    assert "manifest.jsonl:2: the text holds 'B' (U+0042), 'é' (U+00E9), which no label covers: 'aBé'" in message
    assert "manifest.jsonl:3: the text holds '-' (U+002D)" in message
    assert 'lowercase=True if only the case differs, add them to labels, or set outside_labels="drop"' in message


def test_characters_outside_the_labels_can_be_dropped(corpus: Write) -> None:
    """Where it is asked for, they are left out and counted in a warning."""
    with pytest.warns(LeftOutWarning, match="2 transcripts without the characters that no label covers"):
        data = layer(corpus(["ab", "aBé", "a - b"]), lowercase=True, outside_labels="drop")

    assert [data.labels.decode(ids) for ids in data.selection.transcripts] == ["ab", "ab", "a b"]


def test_several_manifests_are_one_set(corpus: Write, tmp_path: Path) -> None:
    """A list of manifests is read in order."""
    manifest = corpus(["ab", "c"])
    second_manifest = tmp_path / "other.jsonl"
    second_manifest.write_text(manifest.read_text(encoding="utf-8").splitlines()[1], encoding="utf-8")

    data = layer([manifest, second_manifest])

    assert [data.utterance(index).text for index in range(len(data))] == ["ab", "c", "c"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"features": "mel"}, ParameterError, "features is 'mel'; expected 'logmel' or 'audio'"),
        ({"outside_labels": "keep"}, ParameterError, "expected 'error' or 'drop'"),
        ({"manifest": []}, DataLayerError, "manifest names no file"),
        ({"augmentation": [{"type": "echo"}]}, AugmentationError, r"Expected one of speed, gain, noise, shift"),
        ({"front_end": {"window": 1}}, FrontEndError, r'no setting "window"'),
        ({"front_end": {"normalize": "all"}}, FrontEndError, r'expected "per_feature" or None'),
    ],
)
def test_wrong_settings_are_named(corpus: Write, settings: Any, error: type[Exception], message: str) -> None:
    """A setting without a meaning says what is expected."""
    with pytest.raises(error, match=message):
        layer(settings.get("manifest", corpus(["ab"])), **{k: v for k, v in settings.items() if k != "manifest"})


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_an_epoch_goes_on_where_it_was_left(corpus: Write, monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    """From any batch on, in a copy of the layer and in workers, batches are bitwise those of the whole epoch."""
    monkeypatch.setattr(text_source, "IN_MEMORY", memory)
    settings = {"batch_seconds": 0.8, "bucketing": True, "shuffle": True, "augmentation": [{"type": "gain"}]}
    data = layer(corpus(["ab", "bc", "ca", "abcab", "c", "bb"]), **settings)
    whole = [data.load(indices, 3, 1) for indices in data.plan_epoch(3, 1)]

    sent = pickle.loads(pickle.dumps(data.selection))
    data.workers = 1
    requests = [Request(3, 1, indices) for indices in data.plan_epoch(3, 1)[2:]]
    rest = list(data.stream(requests))

    assert list(sent.transcripts) == list(data.selection.transcripts)
    assert sent.utterances[2] == data.utterance(2)
    assert len(rest) == len(whole) - 2 > 0
    for loaded, expected in zip(rest, whole[2:], strict=True):
        assert all(torch.equal(value, same) for value, same in zip(loaded.values, expected, strict=True))


def test_transcripts_are_compared_in_composed_form(corpus: Write) -> None:
    """A letter with its accent apart is the letter with its accent; a warning and the summary say how many texts."""
    with pytest.warns(ComposedTextWarning, match="1 transcripts are not in Unicode's composed form"):
        data = layer(corpus(["caf\u00e9", "cafe\u0301", "caf"]), labels="acf\u00e9")

    assert list(data.selection.transcripts) == [(1, 0, 2, 3), (1, 0, 2, 3), (1, 0, 2)]
    assert "1 transcripts composed (NFC)" in data.summary()


def test_sigma_is_lowered_by_its_place(corpus: Write) -> None:
    """Texts are turned to lower case each on its own: the letter at the end of a word is another one."""
    with pytest.raises(LabelError, match="'\u03c2'"):
        layer(corpus(["\u0391\u03a3", "\u0391"]), labels="\u03b1\u03c3", lowercase=True)


@pytest.mark.parametrize(
    ("text", "message"), [("a\u2028b", r"U\+2028"), ("a\tb", r"U\+0009"), ("a\0b", r"U\+0000"), ("a\ufeff", r"U\+FEFF")]
)
def test_characters_that_cannot_be_seen_are_named(corpus: Write, text: str, message: str) -> None:
    """Separators, tabs, NUL and byte order marks within a text are characters like others."""
    with pytest.raises(LabelError, match=message):
        layer(corpus([text]))


def test_workers_give_the_same_batches(corpus: Write) -> None:
    """Batches read in another process are the same, memory and all."""
    manifest = corpus(["ab", "bc", "ca"])
    augmentation = [{"type": "shift"}]
    here = list(layer(manifest, augmentation=augmentation, batch_size=2).epoch(1, 1))
    there = list(layer(manifest, augmentation=augmentation, batch_size=2, workers=1).epoch(1, 1))

    for actual, expected in zip(here, there, strict=True):
        assert torch.equal(actual.spec, expected.spec)
        assert torch.equal(actual.transcript, expected.transcript)
