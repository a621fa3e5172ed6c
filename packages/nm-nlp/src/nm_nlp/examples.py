"""Parameters to construct each module of the collection with, for the conformance suite and for readers."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Examples = Sequence[Mapping[str, Any]]

SMALL: Mapping[str, Any] = {
    "vocabulary_size": 11,
    "hidden_size": 16,
    "num_layers": 1,
    "num_heads": 2,
    "inner_size": 24,
}

ENCODER: Examples = [SMALL, {**SMALL, "norm": "post", "positions": "learned", "max_sequence_length": 9}]
DECODER: Examples = [SMALL, {**SMALL, "encoder_size": 9, "positions": "learned", "max_sequence_length": 9}]
LOG_SOFTMAX: Examples = [{"hidden_size": 16, "vocabulary_size": 11, "bias": True}]
LOSS: Examples = [{"label_smoothing": 0.1}]

WORDS = {"en": ("zero", "one", "two", "three", "four"), "de": ("null", "eins", "zwei", "drei", "vier")}


def lines_of_text(folder: Path) -> Examples:
    """Write a few sentences."""
    return [{"path": str(_sentences(folder)["de"])}]


def translation_score(folder: Path) -> Examples:
    """Write references and the tokenizer that they are written with."""
    paths = _sentences(folder)
    return [{"references": str(paths["de"]), "tokenizer": _tokenizer(paths["de"])}]


def data_layer(folder: Path) -> Examples:
    """Write parallel text with a tokenizer for each side, and return parameters that read it."""
    paths = _sentences(folder)
    files = {
        "source": str(paths["en"]),
        "target": str(paths["de"]),
        "source_tokenizer": _tokenizer(paths["en"]),
        "target_tokenizer": _tokenizer(paths["de"]),
    }
    size = len(WORDS["en"]) + 4
    return [
        {**files, "batch_size": 7, "shuffle": False},
        {**files, "batch_tokens": 40, "source_vocabulary": size, "target_vocabulary": size},
    ]


def _sentences(folder: Path) -> dict[str, Path]:
    """Write sentences of numbers and their translations, word by word."""
    stream = random.Random(0)
    numbers = [[stream.randrange(5) for _ in range(1 + line % 7)] for line in range(20)]
    paths = {}
    for language, words in WORDS.items():
        paths[language] = folder / f"text.{language}"
        lines = [" ".join(words[number] for number in sentence) + "\n" for sentence in numbers]
        paths[language].write_text("".join(lines), encoding="utf-8")
    return paths


def _tokenizer(text: Path) -> str:
    """Write the tokenizer of a file beside it."""
    from nm_torch.common.tokenizers.word import WordTokenizer

    path = text.with_suffix(f"{text.suffix}.json")
    WordTokenizer.train(text.read_text(encoding="utf-8").splitlines()).save(path)
    return str(path)
