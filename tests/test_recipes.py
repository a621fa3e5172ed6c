"""Applications that `nmod new application` writes: checked, trained on a little data, judged and used."""

from itertools import product
from pathlib import Path

import pytest

from nm_core.cli.main import main
from nm_core.plugins import Collections


def test_every_official_recipe_is_held_here() -> None:
    """A new recipe needs a test that trains with it."""
    assert Collections.load().names("recipes") == ("ctc", "translation")


def test_a_recogniser_of_ones_own(tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """From a manifest to texts, without a line of YAML written by hand; the best checkpoint is what is saved."""
    monkeypatch.chdir(tmp_path)

    assert main(["new", "application", "tones", "--recipe", "ctc", "--train", str(tones)]) == 0
    assert main(["check", "tones/tones.yaml"]) == 0
    assert main(["train", "tones/tones.yaml", "--work-dir", "runs/tones", "--max-epochs", "2"]) == 0
    assert main(["eval", "runs/tones/application"]) == 0
    capsys.readouterr()
    assert main(["infer", "runs/tones/application", str(tones.parent / "00.wav")]) == 0

    assert "00.wav" in capsys.readouterr().out
    assert sorted(path.name for path in Path("tones").iterdir()) == [
        "README.md",
        "dev.jsonl",
        "tones.yaml",
        "train.jsonl",
    ]


def test_a_translator_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """From two text files to a translation; the tokenizer is trained and travels with the application."""
    monkeypatch.chdir(tmp_path)
    numbers = list(product(("one", "two", "three", "four"), repeat=3))
    german = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier"}
    Path("all.en").write_text("".join(f"{' '.join(words)}\n" for words in numbers))
    Path("all.de").write_text("".join(f"{' '.join(map(german.get, words))}\n" for words in numbers))
    new = ["new", "application", "numbers", "--recipe", "nlp.translation", "--train", "all.en", "--train", "all.de"]

    assert main(new) == 0
    assert main(["check", "numbers/numbers.yaml"]) == 0
    assert main(["train", "numbers/numbers.yaml", "--work-dir", "runs/numbers", "--max-epochs", "1"]) == 0
    assert main(["eval", "runs/numbers/application"]) == 0
    capsys.readouterr()
    assert main(["infer", "runs/numbers/application", "two three one"]) == 0

    assert "two three one" in capsys.readouterr().out
    written = {path.name for path in Path("numbers").iterdir()}
    assert written >= {"README.md", "numbers.yaml", "train.en", "train.de", "dev.en", "dev.de"}
