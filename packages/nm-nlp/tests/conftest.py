"""Fixtures of the tests of nm-nlp: one thread, and a little parallel text with its tokenizers."""

import random
import sys
from pathlib import Path

import pytest
import torch

from nm_nlp import WordTokenizer

sys.path.insert(0, str(Path(__file__).parent))

from nm_nlp_samples import ENGLISH, GERMAN, Corpus


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Return sixty number sentences and their translations, word by word."""
    folder = tmp_path_factory.mktemp("corpus")
    stream = random.Random(0)
    numbers = [[stream.randrange(6) for _ in range(1 + line % 7)] for line in range(60)]
    files = Corpus(*(folder / name for name in ("text.en", "text.de", "en.json", "de.json")))
    for path, tokenizer, words in (
        (files.source, files.source_tokenizer, ENGLISH),
        (files.target, files.target_tokenizer, GERMAN),
    ):
        lines = [" ".join(words[number] for number in sentence) for sentence in numbers]
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        WordTokenizer.train(lines).save(tokenizer)
    return files
