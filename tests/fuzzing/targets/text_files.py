"""Text files: parallel text, tokenizers' files, texts that tokenizers are trained on."""

from pathlib import Path
from random import Random

from mutations import TOKENS, mutate_bytes

import nm_nlp
from targets.golden import GOLDEN


class TextFiles:
    """Damaged text for the data layer of translation, damaged vocabularies and models, and odd texts to train on."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = ((GOLDEN / f"text.{end}").read_bytes() for end in ("en", "de"))
        self.files = [(GOLDEN / name).read_bytes() for name in ("words.json", "characters.json", "pieces.model")]

    def run(self, random: Random, folder: Path) -> str:
        match random.randrange(3):
            case 0:
                return self._read_pairs(random)
            case 1:
                return self._load_tokenizer(random)
            case _:
                return self._train_tokenizer(random)

    def _read_pairs(self, random: Random) -> str:
        Path("s.txt").write_bytes(mutate_bytes(random, self.source) if random.random() < 0.6 else self.source)
        Path("t.txt").write_bytes(mutate_bytes(random, self.target) if random.random() < 0.6 else self.target)
        Path("words.json").write_bytes(self.files[0])
        layer = nm_nlp.TranslationDataLayer(
            source="s.txt", target="t.txt", source_tokenizer="words.json", batch_size=random.choice((1, 4, 1000))
        )
        batch = next(iter(layer))
        assert all(len(values) == len(batch[0]) > 0 for values in batch)
        return "read"

    def _load_tokenizer(self, random: Random) -> str:
        Path("t").write_bytes(mutate_bytes(random, random.choice(self.files)))
        tokenizer = nm_nlp.load_tokenizer("t")
        _use(tokenizer, _odd_text(random))
        return "loaded"

    def _train_tokenizer(self, random: Random) -> str:
        kind = random.choice(("word", "character", "word", "character", "sentencepiece"))
        texts = [_odd_text(random) for _ in range(random.randint(0, 6))]
        options = {"vocabulary_size": random.choice((-1, 0, 3, 8, 30, 10**6))} if random.random() < 0.7 else {}
        tokenizer = nm_nlp.train_tokenizer(kind, texts, **options)
        tokenizer.save("saved")
        for text in texts:
            _use(nm_nlp.load_tokenizer("saved"), text)
        return "trained"


def _odd_text(random: Random) -> str:
    text = "".join(random.choice((*TOKENS, "ein", "wort", " ", " ", "naïve")) for _ in range(random.randint(0, 12)))
    # readers give no lone surrogates, and Python's own strings may have them
    return text if random.random() < 0.9 else f"{text}\ud800"


def _use(tokenizer: nm_nlp.Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert all(0 <= number < tokenizer.vocabulary_size for number in ids)
    assert isinstance(tokenizer.decode(ids), str)
