"""The recipe `ctc`: what is chosen follows from the data, and what is odd in the data is said."""

import json
from pathlib import Path

import numpy
import pytest
import soundfile

from nm_asr.errors import ManifestError
from nm_asr.recipes.ctc import make_application
from nm_core import check_file
from nm_core.plugins import Collections
from nm_core.scaffold import RecipeRequest, RecipeResult, ScaffoldError, find_recipe, write_application

TEXTS = ("one two", "two three", "three one")


def write_manifest(
    path: Path, texts: list[str], *, rates: tuple[int, ...] = (8000,), seconds: float = 1.0, **keys: list[str]
) -> Path:
    """Write silent recordings, one a text, and the manifest that names them; return the manifest."""
    lines = []
    for number, text in enumerate(texts):
        rate, recording = rates[number % len(rates)], path.with_name(f"{path.stem}{number}.wav")
        soundfile.write(recording, numpy.zeros(int(seconds * rate), numpy.float32), rate)
        more = {key: values[number] for key, values in keys.items()}
        lines.append(json.dumps({"audio_filepath": recording.name, "duration": seconds, "text": text, **more}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def make(
    tmp_path: Path, train: Path, *, dev: Path | None = None, test: Path | None = None, **options: str
) -> RecipeResult:
    """Make the application for manifests."""
    sets = {name: () if path is None else (path,) for name, path in (("dev", dev), ("test", test))}
    return make_application(
        RecipeRequest(name="mine", folder=tmp_path / "mine", train=(train,), options=options, **sets)
    )


def test_labels_and_rate_are_those_of_the_data(tmp_path: Path) -> None:
    """Every character of the transcripts is a label, and the rate is that of the recordings."""
    result = make(tmp_path, write_manifest(tmp_path / "train.jsonl", [*TEXTS] * 4, rates=(11025,)))

    assert result.application["params"]["labels"] == " ehnortw"
    assert result.application["params"]["sample_rate"] == 11025
    assert any("12 have 11025 Hz" in fact for fact in result.facts)


def test_rates_that_are_mixed_are_named_with_the_choice(tmp_path: Path) -> None:
    """The rate of most recordings is taken, all are listed, and the option that takes another is shown."""
    train = write_manifest(tmp_path / "train.jsonl", [*TEXTS] * 2, rates=(16000, 16000, 8000))

    result = make(tmp_path, train)
    lower = make(tmp_path, train, sample_rate="8000")

    (warning,) = (line for line in result.warnings if "mixed" in line)
    assert "2 have 8000 Hz, 4 have 16000 Hz" in warning
    assert "sample_rate=8000" in warning
    assert (result.application["params"]["sample_rate"], lower.application["params"]["sample_rate"]) == (16000, 8000)


def test_high_rates_are_brought_down_to_16_khz(tmp_path: Path) -> None:
    """Speech has little above 8 kHz, and every sample costs memory."""
    result = make(tmp_path, write_manifest(tmp_path / "train.jsonl", [*TEXTS], rates=(44100,)))

    assert result.application["params"]["sample_rate"] == 16000


def test_a_batch_is_smaller_than_the_data(tmp_path: Path) -> None:
    """Three utterances, of which one is set aside, are learnt one by one."""
    result = make(tmp_path, write_manifest(tmp_path / "train.jsonl", [*TEXTS]))

    assert result.application["params"]["batch_size"] == 1
    assert any("Only 2 utterances" in line for line in result.warnings)


def test_rare_and_unlearnt_labels_are_named(tmp_path: Path) -> None:
    """A character that is written once cannot be learnt, and one of the dev set alone never is."""
    train = write_manifest(tmp_path / "train.jsonl", ["one two"] * 9 + ["one café"])

    result = make(tmp_path, train, dev=write_manifest(tmp_path / "dev.jsonl", ["one zoo"]))

    assert result.application["params"]["labels"] == " acefnotwzé"
    assert any("'é' (U+00E9) 1 times" in line for line in result.warnings)
    assert any("1 labels are in no transcript to learn from: 'z' (U+007A)" in line for line in result.warnings)


def test_capitals_are_folded_when_asked(tmp_path: Path) -> None:
    """Data layers get the flag with which the labels were collected."""
    train = write_manifest(tmp_path / "train.jsonl", ["One Two"] * 5)

    plain, folded = make(tmp_path, train), make(tmp_path, train, lowercase="true")

    assert any("lowercase=true" in line for line in plain.warnings)
    assert folded.application["params"]["labels"] == " enotw"
    assert folded.application["modules"]["train_data"]["params"]["lowercase"] is True


def test_texts_without_spaces_are_judged_by_characters(tmp_path: Path) -> None:
    """The word error rate of a language without spaces is that of whole utterances."""
    callbacks = make(tmp_path, write_manifest(tmp_path / "train.jsonl", ["你好", "好你"] * 3)).application["train"][
        "callbacks"
    ]

    assert callbacks[-1]["params"]["metric"] == "dev.cer"


def test_odd_utterances_are_counted(tmp_path: Path) -> None:
    """Empty transcripts, transcripts too long for their time, and recordings that are gone."""
    train = write_manifest(tmp_path / "train.jsonl", ["", "a" * 40, "ab"] * 4, seconds=0.5)
    (tmp_path / "train0.wav").unlink()

    warnings = make(tmp_path, train).warnings

    assert any(line.startswith("4 utterances have no text") for line in warnings)
    assert any(line.startswith("4 utterances have more characters than frames") for line in warnings)
    assert any(line.startswith("1 of 12 recordings") for line in warnings)


@pytest.mark.parametrize(
    ("texts", "message"), [([""] * 3, "none of 3 utterances has a text"), (["one"], "has one utterance")]
)
def test_data_that_teaches_nothing_is_refused(tmp_path: Path, texts: list[str], message: str) -> None:
    """The message names the manifest."""
    with pytest.raises(ScaffoldError, match=message):
        make(tmp_path, write_manifest(tmp_path / "train.jsonl", texts))


def test_an_empty_manifest_and_recordings_that_are_all_gone_are_refused(tmp_path: Path) -> None:
    """The first recording is named with its reason."""
    (tmp_path / "empty.jsonl").write_text("")
    train = write_manifest(tmp_path / "train.jsonl", [*TEXTS])
    for recording in tmp_path.glob("*.wav"):
        recording.unlink()

    with pytest.raises(ManifestError, match="is empty"):
        make(tmp_path, tmp_path / "empty.jsonl")
    with pytest.raises(ScaffoldError, match=r"none of 3 recordings can be read[^$]*train0\.wav"):
        make(tmp_path, train)


@pytest.mark.parametrize("options", [{"size": "huge"}, {"sample_rate": "fast"}, {"lowercase": "yes"}])
def test_an_option_without_meaning_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    """The message says what is expected."""
    with pytest.raises(ScaffoldError, match="Expected"):
        make(tmp_path, write_manifest(tmp_path / "train.jsonl", [*TEXTS]), **options)


@pytest.mark.parametrize("options", [{}, {"size": "medium"}, {"size": "large", "lowercase": "true"}])
@pytest.mark.parametrize("sets", [(), ("dev",), ("dev", "test")])
def test_what_is_written_has_no_problems(tmp_path: Path, sets: tuple[str, ...], options: dict[str, str]) -> None:
    """Every size and any of the data sets give an application that `nmod check` passes, with labels of any kind."""
    files = {name: (write_manifest(tmp_path / f"{name}.jsonl", ["$1 'no' \"#: é", "ja"]),) for name in ("train", *sets)}
    request = RecipeRequest(name="mine", folder=tmp_path / "mine", options=options, **files)

    written = write_application(find_recipe(Collections.load(), "asr.ctc"), request)

    report = check_file(written.file)
    assert report.ok, str(report)
