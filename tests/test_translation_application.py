"""The translation example as a file: checked, trained on a little text, saved, judged and used."""

import random
from pathlib import Path

import pytest

from nm_core import load_application
from nm_core.application import check_file
from nm_core.cli.main import main

EXAMPLE = Path(__file__).parent.parent / "examples" / "translation.yaml"
WORDS = {"en": ["one", "two", "three", "four"], "de": ["eins", "zwei", "drei", "vier"]}


def write_text(folder: Path) -> None:
    """Write training and validation text in two languages."""
    stream = random.Random(3)
    numbers = [[stream.randrange(4) for _ in range(stream.randint(1, 5))] for _ in range(60)]
    for language, words in WORDS.items():
        lines = [" ".join(words[number] for number in sentence) for sentence in numbers]
        (folder / f"train.{language}").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / f"val.{language}").write_text("\n".join(lines[:10]) + "\n", encoding="utf-8")


def test_the_example_has_no_problems() -> None:
    """The file as it stands is right, without data, weights or a tokenizer."""
    check_file(EXAMPLE).raise_if_bad()


def test_the_example_goes_from_text_to_translations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands of the file's first lines do what they say, on other text and in small."""
    write_text(tmp_path)
    texts = [str(tmp_path / f"train.{language}") for language in WORDS]
    tokenizer, work_dir = tmp_path / "words.json", tmp_path / "run"
    changes = {
        **{f"train_{side}": tmp_path / f"train.{language}" for side, language in (("source", "en"), ("target", "de"))},
        **{f"valid_{side}": tmp_path / f"val.{language}" for side, language in (("source", "en"), ("target", "de"))},
        "tokenizer": tokenizer,
        "vocabulary": 12,
        "size": 16,
        "heads": 2,
        "inner": 32,
        "train_data.batch_tokens": 120,
        "train.policy.warmup_steps": 2,
    }
    settings = [word for name, value in changes.items() for word in ("--set", f"{name}={value}")]

    assert main(["tokenizer", "train", "--kind", "word", "--output", str(tokenizer), *texts]) == 0
    assert main(["train", str(EXAMPLE), "--quiet", "--max-epochs", "2", "--work-dir", str(work_dir), *settings]) == 0
    assert main(["eval", str(work_dir / "application")]) == 0
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "bleu" in printed
    assert main(["infer", str(work_dir / "application"), "one two", "three"]) == 0

    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    application = load_application(work_dir / "application", placement="cpu")
    translations = application.translate(["one two", "three"])
    assert rows == [["one two", translations[0]], ["three", translations[1]]]
