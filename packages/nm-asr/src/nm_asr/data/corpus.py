"""A corpus of spoken digits and commands, synthesised here, with voices kept apart for the test."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.audio import resample
from nm_asr.data.augmentation import read_augmentation
from nm_asr.data.synthesis import Synthesizer
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
    "steph", "adam", "anika", "antonio", "belinda", "benjamin", "david", "edward", "john", "max", "paul", "robert",
    "travis",
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


CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {"type": "room", "low": 0.1, "high": 0.4, "ratio": 8.0, "probability": 0.15},
    {"type": "noise", "low": 20.0, "high": 50.0, "probability": 0.8, "level": "sound"},
    {"type": "band", "low": 7000.0, "high": 16000.0, "probability": 0.15},
    {"type": "gain", "low": -24.0, "high": 0.0},
)
"""How recordings differ beside their voices, as augmentations in the order in which they are made."""

_PHRASE_ENDS = 0.6
"""The probability that a speaker pauses between two words."""


@dataclass(frozen=True)
class _Line:
    phrases: tuple[str, ...]
    voice: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    tract: float
    silences: tuple[float, ...]


def synthesize_corpus(
    folder: str | Path,
    *,
    train_utterances: int = 2400,
    test_utterances: int = 300,
    words: Sequence[str] = DIGITS + COMMANDS,
    longest: int = 4,
    accents: Sequence[str] = ACCENTS,
    variants: Sequence[str] = VARIANTS,
    held_out: int = 8,
    pauses: tuple[float, float] = (0.1, 0.6),
    pause_probability: float = _PHRASE_ENDS,
    conditions: Sequence[Mapping[str, Any]] = CONDITIONS,
    sample_rate: int = 16000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Synthesize random sequences of words: 16-bit wav files and two manifests, ``train.jsonl`` and ``test.jsonl``.

    A voice is an accent with a variant, at a random rate, pitch and length of the vocal tract. ``held_out`` variants,
    drawn with the seed, are in the test set alone, in every accent. Between words some speakers pause and others go on;
    recordings have silence around them, rooms, telephone bands, noise and levels. The same arguments give the same
    files.

    Args:
        folder: made if missing; files of an earlier corpus with the same names are replaced.
        longest: an utterance has 1 to ``longest`` words; each word appears equally often, within one.
        pauses: the shortest and the longest pause between words, in seconds.
        pause_probability: the probability of a pause between two words, which are spoken in one breath otherwise.
        conditions: augmentations of each recording, as a data layer takes them.
        progress: called with the number of utterances written and their total.
    """
    if not 0 < held_out < len(variants):
        raise SynthesisError(f"held_out is {held_out}; expected 1 to {len(variants) - 1}, one less than the variants.")
    if not 0.0 <= pauses[0] <= pauses[1] < 60.0 or not 0.0 <= pause_probability <= 1.0:
        raise SynthesisError(
            f"pauses are {pauses} with the probability {pause_probability}.\n"
            "  Expected seconds of at least 0, the shorter first, below 60; and a probability within 0 and 1."
        )
    folder = Path(folder)
    random = np.random.default_rng(seed)
    drawn = [variants[index] for index in random.permutation(len(variants))]
    splits = {"train": (drawn[held_out:], train_utterances), "test": (drawn[:held_out], test_utterances)}
    voices = {split: tuple(f"{a}+{v}" for a in accents for v in chosen) for split, (chosen, _) in splits.items()}
    total, written, seconds = train_utterances + test_utterances, 0, 0.0
    place = read_augmentation(conditions)
    with Synthesizer(seed=seed) as synthesizer:
        for split, (_, count) in splits.items():
            (folder / split).mkdir(parents=True, exist_ok=True)
            with open(folder / f"{split}.jsonl", "w", encoding="utf-8", newline="\n") as manifest:
                texts = _make_texts(count, words, longest, random)
                for index, text in enumerate(texts):
                    line = _draw_line(text, voices[split], pauses, pause_probability, random)
                    samples, word_starts = _speak_line(synthesizer, line, sample_rate)
                    for change in place:
                        samples = change(samples, sample_rate, random)
                    path = folder / split / f"{index:05d}.wav"
                    entry = _write_recording(path, samples, word_starts, line, sample_rate)
                    manifest.write(json.dumps(entry) + "\n")
                    written, seconds = written + 1, seconds + entry["duration"]
                    if progress is not None:
                        progress(written, total)
    return Corpus(folder / "train.jsonl", folder / "test.jsonl", voices["train"], voices["test"], seconds)


def _make_texts(count: int, words: Sequence[str], longest: int, random: np.random.Generator) -> Iterator[list[str]]:
    # dealt like cards and not drawn: each word appears equally often
    deck = _deal_forever(len(words), random)
    for _ in range(count):
        yield [words[next(deck)] for _ in range(int(random.integers(1, longest + 1)))]


def _deal_forever(size: int, random: np.random.Generator) -> Iterator[int]:
    while True:
        yield from (int(card) for card in random.permutation(size))


def _draw_line(
    text: Sequence[str],
    voices: Sequence[str],
    pauses: tuple[float, float],
    pause_probability: float,
    random: np.random.Generator,
) -> _Line:
    phrases = [text[0]]
    for word in text[1:]:
        if random.random() < pause_probability:
            phrases.append(word)
        else:
            phrases[-1] += f" {word}"
    between = random.uniform(*pauses, size=len(phrases) - 1)
    # some recordings are cut closely around the speech
    before, after = np.maximum(random.uniform(-0.2, 0.5, size=2), 0.0)
    return _Line(
        phrases=tuple(phrases),
        voice=voices[int(random.integers(len(voices)))],
        words_per_minute=int(random.integers(120, 201)),
        pitch=int(random.integers(35, 66)),
        pitch_range=int(random.integers(30, 71)),
        tract=float(random.uniform(0.92, 1.1)),
        silences=(float(before), *between.tolist(), float(after)),
    )


def _speak_line(synthesizer: Synthesizer, line: _Line, sample_rate: int) -> tuple[NDArray[np.float32], list[float]]:
    """Speak phrase by phrase; return the samples with silence between and around, and when each word starts."""
    parts = [np.zeros(round(line.silences[0] * sample_rate), np.float32)]
    word_starts: list[float] = []
    for phrase, silence in zip(line.phrases, line.silences[1:], strict=True):
        spoken = synthesizer.speak(
            phrase,
            voice=line.voice,
            # the shorter tract below plays everything faster, which is no property of short people
            words_per_minute=round(line.words_per_minute / line.tract),
            pitch=line.pitch,
            pitch_range=line.pitch_range,
        )
        speech = resample(spoken.samples, spoken.sample_rate * line.tract, sample_rate)
        speech, trimmed = _trim(speech, sample_rate)
        start = sum(map(len, parts)) / sample_rate - trimmed
        word_starts.extend(max(start + seconds / line.tract, 0.0) for seconds in spoken.word_starts)
        parts.extend([speech, np.zeros(round(silence * sample_rate), np.float32)])
    return np.concatenate(parts), word_starts


def _write_recording(
    path: Path, samples: NDArray[np.float32], word_starts: Sequence[float], line: _Line, sample_rate: int
) -> dict[str, Any]:
    import soundfile

    # noise may lift a peak above full scale, where it would be cut
    samples = samples / max(1.0, float(np.abs(samples).max()))
    soundfile.write(path, samples, sample_rate, subtype="PCM_16")
    return {
        "audio_filepath": f"{path.parent.name}/{path.name}",
        "duration": round(len(samples) / sample_rate, 4),
        "text": " ".join(line.phrases),
        "speaker": line.voice,
        "word_starts": [round(seconds, 3) for seconds in word_starts],
    }


def _trim(samples: NDArray[np.float32], sample_rate: int) -> tuple[NDArray[np.float32], float]:
    """Trim the silence that the synthesiser adds; return the samples and the seconds trimmed from the start."""
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    if loud.size == 0:
        return samples, 0.0
    return samples[loud[0] : loud[-1] + 1], float(loud[0]) / sample_rate
