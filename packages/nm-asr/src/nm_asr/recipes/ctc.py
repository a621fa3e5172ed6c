"""The recipe `ctc`: a recogniser for recordings of one's own, whose settings are read from its manifests."""

from collections import Counter
from typing import Any

from nm_asr.recipes.recogniser_parts import (
    ADVICE,
    COMMENTS,
    FRAME,
    SIZES,
    list_graphs,
    list_metrics,
    list_modules,
    list_training,
)
from nm_asr.recipes.speech_data import SpeechData
from nm_asr.recipes.splitting import split, write_lines
from nm_core.scaffold import Content, RecipeRequest, RecipeResult, ScaffoldError

_RARE = 5
_SHOWN = 12
_HIGHEST = 16000
_LONG = 30.0


def make_application(request: RecipeRequest) -> RecipeResult:
    """Look at the manifests and make the application.

    Raises:
        ManifestError, ScaffoldError: the data cannot be used, or an option has no meaning.
    """
    return _Maker(request).make()


class _Maker:
    """The choices for one data set, and what is said about each."""

    def __init__(self, request: RecipeRequest) -> None:
        self.request = request
        self.facts: list[str] = []
        self.warnings: list[str] = []
        self.files: dict[str, Content] = {}
        self.lowercase = _read_choice(request, "lowercase", ("false", "true")) == "true"
        self.train, self.dev, self.test = (
            SpeechData.read(paths, lowercase=self.lowercase, frame_seconds=FRAME) if paths else None
            for paths in (request.train, request.dev, request.test)
        )

    def make(self) -> RecipeResult:
        train = self.train
        assert train is not None, "the files of --train are checked before"
        count = len(train.utterances)
        self.facts.append(f"{count:,} utterances to learn from, {_format_hours(train.hours)}.")
        manifests, count = self._choose_manifests(train, count)
        labels, rate = self._choose_labels(train), self._choose_rate(train)
        size, batch_size = self._choose_size(train), self._choose_batch_size(count)
        self._note_odd_utterances(train)
        params: dict[str, Any] = {
            **manifests,
            "labels": _as_text(labels),
            "sample_rate": rate,
            "bands": 64 if rate >= _HIGHEST else 48,
            "batch_size": batch_size,
        }
        if size == "small":
            params["dropout"] = 0.1
        scored = ["dev"] if self.test is None else ["dev", "test"]
        score = "wer" if " " in labels else "cer"
        application = {
            "nm": "app/1",
            "description": _escape(f"{self.request.name}: a speech recogniser with CTC."),
            "requires": {"nm-asr": ">=0.1"},
            "seed": 0,
            "params": params,
            "modules": list_modules(size, len(labels), ["train", *scored], lowercase=self.lowercase),
            "graphs": list_graphs(scored),
            "tasks": {"transcribe": "infer"},
            "train": list_training(size, count, batch_size, score),
            "eval": {"metrics": list_metrics(scored[-1])},
        }
        return RecipeResult(
            application=application,
            comments=COMMENTS,
            files=self.files,
            facts=tuple(self.facts),
            warnings=tuple(self.warnings),
            advice=ADVICE,
        )

    def _choose_manifests(self, train: SpeechData, count: int) -> tuple[dict[str, Any], int]:
        """Return the parameters that name manifests, and the number of utterances that are left to learn from."""
        request, names = self.request, {}
        if self.dev is None:
            parts = split(train)
            self.files = {
                "train.jsonl": write_lines(train, request, parts, held_out=False),
                "dev.jsonl": write_lines(train, request, parts, held_out=True),
            }
            names = {"train_manifest": "train.jsonl", "dev_manifest": "dev.jsonl"}
            count -= parts.count
            why = {
                "speaker": "no speaker is in both",
                "recording": "no recording is in both; the lines do not name their speakers, who may be",
                "utterance": "parts of one recording are in both",
            }[parts.unit]
            self.facts.append(
                f"{parts.count:,} of them are set aside as dev.jsonl, {len(parts.held_out):,} of {parts.groups:,} "
                f"{parts.unit}s in the order of a checksum of their names: {why}."
            )
        else:
            names = {"train_manifest": self._name_paths(train), "dev_manifest": self._name_paths(self.dev)}
            self.facts.append(
                f"{len(self.dev.utterances):,} utterances of {_join(self.dev)} are the scores while training."
            )
        if self.test is not None:
            names["test_manifest"] = self._name_paths(self.test)
            self.facts.append(f"{len(self.test.utterances):,} utterances of {_join(self.test)} are scored at the end.")
        return names, count

    def _name_paths(self, data: SpeechData) -> Any:
        paths = [_escape(self.request.path_from_folder(path)) for path in data.paths]
        return paths[0] if len(paths) == 1 else paths

    def _choose_labels(self, train: SpeechData) -> list[str]:
        """Return the characters of all transcripts; those that are rare or never learnt are reported."""
        scored = Counter[str]()
        for data in (self.dev, self.test):
            scored += data.characters if data is not None else Counter()
        labels = sorted(set(train.characters) | set(scored))
        rare = {label: train.characters[label] for label in labels if 0 < train.characters[label] < _RARE}
        unlearnt = [label for label in labels if label not in train.characters]
        capitals = any(label != label.lower() for label in labels)
        self.facts.append(f"{len(labels)} labels: {''.join(labels)!r}.")
        if rare and len(rare) < len(labels):
            shown = ", ".join(f"{_name(label)} {count} times" for label, count in list(rare.items())[:_SHOWN])
            self.warnings.append(
                f"{len(rare)} labels are rarer than {_RARE} times, too rare to be learnt: {shown}"
                f"{' ...' if len(rare) > _SHOWN else ''}. Write them out or replace them, and start again."
            )
        if unlearnt:
            shown = ", ".join(map(_name, unlearnt[:_SHOWN]))
            self.warnings.append(f"{len(unlearnt)} labels are in no transcript to learn from: {shown}.")
        if capitals and not self.lowercase:
            self.warnings.append("Capitals are labels of their own, which nobody hears: --option lowercase=true.")
        if " " not in labels:
            self.warnings.append("No transcript has a space, so each is one word: the best is judged by cer, not wer.")
        return labels

    def _choose_rate(self, train: SpeechData) -> int:
        rates = train.count_rates()
        unreadable = rates.pop(0, 0)
        most = max(rates, key=lambda rate: (rates[rate], -rate))
        rate = min(most, _HIGHEST)
        if "sample_rate" in self.request.options:
            rate = _read_rate(self.request.options["sample_rate"])
        looked = sum(rates.values()) + unreadable
        spread = ", ".join(f"{rates[each]} have {each} Hz" for each in sorted(rates))
        self.facts.append(f"Of {looked} recordings that were looked at, {spread}; the recogniser hears {rate} Hz.")
        if len(rates) > 1:
            self.warnings.append(
                f"Sample rates are mixed: {spread}. All become {rate} Hz; what was recorded at less stays dull, and a "
                f"recogniser may tell rates apart. For the lowest: --option sample_rate={min(rates)}"
            )
        if unreadable:
            self.warnings.append(f"{unreadable} of {looked} recordings that were looked at cannot be read.")
        return rate

    def _choose_size(self, train: SpeechData) -> str:
        fitting = next(size for size, (hours, _, _) in SIZES.items() if train.hours <= hours)
        size = _read_choice(self.request, "size", tuple(SIZES)) or fitting
        reason = "as given" if "size" in self.request.options else f"for {_format_hours(train.hours)}"
        self.facts.append(f"The encoder is {size}, {reason}; there are {', '.join(SIZES)} (--option size=NAME).")
        return size

    def _choose_batch_size(self, count: int) -> int:
        batch_size = 32
        while batch_size > 1 and batch_size * 4 > count:
            batch_size //= 2
        if batch_size < 32:
            self.warnings.append(
                f"Only {count} utterances to learn from: a batch has {batch_size} of them. A recogniser needs hours."
            )
        return batch_size

    def _note_odd_utterances(self, train: SpeechData) -> None:
        longest = float(train.utterances.durations.max())
        if train.untold:
            self.warnings.append(f"{train.untold:,} utterances have no text, and teach silence.")
        if train.crowded:
            self.warnings.append(
                f"{train.crowded:,} utterances have more characters than frames of {FRAME:g} s, and teach nothing: "
                "look at their durations."
            )
        if longest > _LONG:
            self.warnings.append(
                f"The longest utterance has {longest:.0f} seconds, which takes memory: cut it at pauses, or leave it "
                "out with max_duration of train_data."
            )


def _format_hours(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:.1f} minutes"


def _as_text(labels: list[str]) -> str:
    return _escape("".join(labels))


def _escape(text: str) -> str:
    """Return a text as it stands in an application, where a dollar sign begins the name of a parameter."""
    return f"${text}" if text.startswith("$") else text


def _name(label: str) -> str:
    return f"{label!r} (U+{ord(label):04X})"


def _join(data: SpeechData) -> str:
    return ", ".join(map(str, data.paths))


def _read_choice(request: RecipeRequest, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.options.get(name)
    if value is not None and value not in choices:
        raise ScaffoldError(f"--option {name}={value}: there is no such choice.\n  Expected {' or '.join(choices)}.")
    return value


def _read_rate(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1000 <= int(text) <= 192000:
        raise ScaffoldError(f"--option sample_rate={text} is no rate.\n  Expected samples per second, such as 16000.")
    return int(text)
