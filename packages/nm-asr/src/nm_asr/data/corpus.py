"""A corpus of spoken digits and commands, synthesised here, with voices kept apart for the test."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.synthesis import SpokenText, Synthesizer
from nm_asr.errors import SynthesisError

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COMMANDS = (
    "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go",
    "play", "pause", "next", "back", "open", "close", "louder", "quieter", "lights", "music",
)  # fmt: skip
ACCENTS = (
    "en", "en-us", "en-us-nyc", "en-029", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
)  # fmt: skip
VARIANTS = (
    "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "Alex",
    "Alicia", "Andrea", "Andy", "Annie", "Denis", "Gene", "Jacky", "Lee", "Mario", "Michael", "Mike", "Reed", "linda",
    "steph",
)  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """A corpus on disk: a manifest and the voices of each split.

    Attributes:
        train: the manifest of the training set.
        test: the manifest of the test set.
        train_voices: voices of the training set, an accent with a variant each.
        test_voices: voices of the test set, none of which has a variant of the training set.
        seconds: the duration of all recordings.

    Example:
        >>> folder = Path("digits")
        >>> corpus = Corpus(folder / "train.jsonl", folder / "test.jsonl", ("en+f1", "en-us+f1"), ("en+m3",), 3600.0)
        >>> f"{corpus.seconds / 3600:.1f} hours, {len(corpus.train_voices)} voices in training"
        '1.0 hours, 2 voices in training'
    """

    train: Path
    test: Path
    train_voices: tuple[str, ...]
    test_voices: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class _Line:
    text: str
    voice: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    silence: tuple[float, float]


def synthesize_corpus(
    folder: str | Path,
    *,
    train_utterances: int = 2400,
    test_utterances: int = 300,
    words: Sequence[str] = DIGITS + COMMANDS,
    longest: int = 4,
    accents: Sequence[str] = ACCENTS,
    variants: Sequence[str] = VARIANTS,
    held_out: int = 6,
    sample_rate: int = 16000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Synthesize random sequences of words: 16-bit wav files and two manifests, ``train.jsonl`` and ``test.jsonl``.

    A voice is an accent with a variant. ``held_out`` variants, drawn with the seed, are in the test set alone, in every
    accent. The same arguments give the same files.

    Args:
        folder: made if missing; files of an earlier corpus with the same names are replaced.
        longest: an utterance has 1 to ``longest`` words; each word appears equally often, within one.
        progress: called with the number of utterances written and their total.
    """
    if not 0 < held_out < len(variants):
        raise SynthesisError(f"held_out is {held_out}; expected 1 to {len(variants) - 1}, one less than the variants.")
    folder = Path(folder)
    random = np.random.default_rng(seed)
    drawn = [variants[index] for index in random.permutation(len(variants))]
    splits = {"train": (drawn[held_out:], train_utterances), "test": (drawn[:held_out], test_utterances)}
    voices = {split: tuple(f"{a}+{v}" for a in accents for v in chosen) for split, (chosen, _) in splits.items()}
    total, written, seconds = train_utterances + test_utterances, 0, 0.0
    with Synthesizer(seed=seed) as synthesizer:
        for split, (_, count) in splits.items():
            (folder / split).mkdir(parents=True, exist_ok=True)
            with open(folder / f"{split}.jsonl", "w", encoding="utf-8", newline="\n") as manifest:
                for index, line in enumerate(_script(count, words, longest, voices[split], random)):
                    spoken = synthesizer.speak(
                        line.text,
                        voice=line.voice,
                        words_per_minute=line.words_per_minute,
                        pitch=line.pitch,
                        pitch_range=line.pitch_range,
                    )
                    path = folder / split / f"{index:05d}.wav"
                    entry = _write_recording(path, spoken, line, sample_rate)
                    manifest.write(json.dumps(entry) + "\n")
                    written, seconds = written + 1, seconds + entry["duration"]
                    if progress is not None:
                        progress(written, total)
    return Corpus(folder / "train.jsonl", folder / "test.jsonl", voices["train"], voices["test"], seconds)


def _script(
    count: int, words: Sequence[str], longest: int, voices: Sequence[str], random: np.random.Generator
) -> Iterator[_Line]:
    # dealt like cards and not drawn: each word appears equally often
    deck = _deal_forever(len(words), random)
    for _ in range(count):
        length = int(random.integers(1, longest + 1))
        yield _Line(
            text=" ".join(words[next(deck)] for _ in range(length)),
            voice=voices[int(random.integers(len(voices)))],
            words_per_minute=int(random.integers(130, 201)),
            pitch=int(random.integers(35, 66)),
            pitch_range=int(random.integers(30, 71)),
            silence=(float(random.uniform(0.05, 0.25)), float(random.uniform(0.05, 0.25))),
        )


def _deal_forever(size: int, random: np.random.Generator) -> Iterator[int]:
    while True:
        yield from (int(card) for card in random.permutation(size))


def _write_recording(path: Path, spoken: SpokenText, line: _Line, sample_rate: int) -> dict[str, Any]:
    import soundfile

    speech, start = _trim(_resample(spoken, sample_rate), sample_rate)
    before, after = (np.zeros(round(seconds * sample_rate), np.float32) for seconds in line.silence)
    samples = np.concatenate([before, speech, after])
    soundfile.write(path, samples, sample_rate, subtype="PCM_16")
    shift = len(before) / sample_rate - start
    return {
        "audio_filepath": f"{path.parent.name}/{path.name}",
        "duration": round(len(samples) / sample_rate, 4),
        "text": line.text,
        "speaker": line.voice,
        "word_starts": [round(max(word + shift, 0.0), 3) for word in spoken.word_starts],
    }


def _resample(spoken: SpokenText, sample_rate: int) -> NDArray[np.float32]:
    import soxr

    return np.asarray(soxr.resample(spoken.samples, spoken.sample_rate, sample_rate), dtype=np.float32)


def _trim(samples: NDArray[np.float32], sample_rate: int) -> tuple[NDArray[np.float32], float]:
    """Trim the silence that the synthesiser adds; return the samples and the seconds trimmed from the start."""
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    if loud.size == 0:
        return samples, 0.0
    return samples[loud[0] : loud[-1] + 1], float(loud[0]) / sample_rate
