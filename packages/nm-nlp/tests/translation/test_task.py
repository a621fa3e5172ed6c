"""The verb `translate` of saved applications."""

from pathlib import Path

import pytest
from nm_nlp_samples import Corpus, Model, small_model

from nm_core import Graph, NeuralModuleFactory, inputs, load_application
from nm_nlp import Translator
from nm_nlp.errors import TranslationError

SENTENCES = ["one two three", "", "five"]


def graph_of(model: Model) -> Graph:
    """Return the graph from ids and masks to log-probabilities."""
    x = inputs(
        src="B Token:s ; TokenIds(10)",
        src_mask="B Token:s ; Mask",
        tgt="B Token:t ; TokenIds(10)",
        tgt_mask="B Token:t ; Mask",
    )
    return Graph({"log_probs": model.log_probs(*x)}, inputs=x._asdict())  # type: ignore[arg-type]


def save(model: Model, folder: Path) -> Path:
    """Save a model as an application."""
    return NeuralModuleFactory(placement="cpu").save(folder / "application", graphs={"infer": graph_of(model)})


def test_a_saved_application_translates_as_the_live_model(corpus: Corpus, tmp_path: Path) -> None:
    """Weights and tokenizers are in the folder, so it translates where the tokenizers' files are gone."""
    copies = Corpus(*(tmp_path / path.name for path in corpus))
    for path, copy in zip(corpus, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    model = small_model(tokenizers=copies)
    folder = save(model, tmp_path)
    for copy in copies:
        copy.unlink()

    application = load_application(folder, placement="cpu")

    expected = Translator(*model).translate(SENTENCES, beam_size=2)
    assert application.translate(SENTENCES, beam_size=2) == expected
    assert application.translate(SENTENCES[0], beam_size=2) == expected[:1]


def test_tokenizers_may_be_given_instead(corpus: Corpus, tmp_path: Path) -> None:
    """A model without tokenizers translates with given ones, and says what is missing without."""
    application = load_application(save(small_model(), tmp_path), placement="cpu")

    tokenizers = {"source_tokenizer": corpus.source_tokenizer, "target_tokenizer": corpus.target_tokenizer}
    assert len(application.translate(SENTENCES, **tokenizers)) == 3
    with pytest.raises(TranslationError, match="source tokenizer"):
        application.translate(SENTENCES)


def test_a_graph_of_other_things_is_no_translation_model(tmp_path: Path) -> None:
    """The message says which module the graph lacks, and how to name another graph."""
    model = small_model()
    x = inputs(src="B Token:s ; TokenIds(10)", src_mask="B Token:s ; Mask")
    graph = Graph({"hidden": model.encoder(*x)}, inputs=x._asdict())
    folder = NeuralModuleFactory(placement="cpu").save(tmp_path / "application", graphs={"infer": graph})

    with pytest.raises(TranslationError, match=r"one TransformerDecoderNM and holds none.*\n.*tasks: translate"):
        load_application(folder, placement="cpu").translate(SENTENCES)
