"""The package itself: light to import, and what it declares is there."""

import subprocess
import sys

import pytest

import nm_nlp
from nm_core import Metric, NeuralModule
from nm_core.plugins import Collections


@pytest.fixture(scope="module")
def collections() -> Collections:
    """The installed collections."""
    return Collections.load()


def test_importing_the_package_loads_no_framework() -> None:
    """Neither torch nor sentencepiece nor sacrebleu, also when the declaration is read."""
    code = (
        "import sys, nm_nlp, nm_nlp._collection; nm_nlp._collection.nm_collection();"
        "print([m for m in ('torch', 'numpy', 'sentencepiece', 'sacrebleu') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_package_can_be_had() -> None:
    """All names are importable, and a wrong one is an AttributeError."""
    for name in nm_nlp.__all__:
        assert getattr(nm_nlp, name) is not None
    assert set(nm_nlp.__all__) <= set(dir(nm_nlp))
    with pytest.raises(AttributeError, match="Transformer"):
        nm_nlp.Transformer  # noqa: B018


def test_declared_modules_are_modules(collections: Collections) -> None:
    """Each id resolves to a module with ports whose id is that id."""
    ids = [id for id in collections.modules if id.startswith("nlp.")]

    assert "nlp.TransformerDecoderNM" in ids
    for id in ids:
        cls = collections.resolve(id)
        assert issubclass(cls, NeuralModule)
        assert cls.output_ports
        assert collections.id_of(cls) == id


def test_declared_helpers_can_be_looked_up(collections: Collections) -> None:
    """Tokenizers, metrics, the verb and the command are where the declaration says."""
    assert collections.lookup("tokenizers", "sentencepiece") is nm_nlp.SentencePieceTokenizer
    assert collections.lookup("tasks", "translate") is nm_nlp.translate
    assert collections.lookup("commands", "tokenizer").name == "tokenizer"
    assert collections.lookup("tokenizers", "nlp.sentencepiece") is nm_nlp.SentencePieceTokenizer
    assert issubclass(collections.resolve("nlp.BLEU"), Metric)
