"""From text to text."""

import pytest
import torch
from nm_nlp_samples import Corpus, Model, small_model

from nm_core import inputs
from nm_nlp import BLEU, BeamSearchTranslatorNM, LinesOfText, TranslationDataLayer, Translator, load_tokenizer
from nm_nlp.errors import ParallelTextError, TranslationError


@pytest.fixture
def model(corpus: Corpus) -> Model:
    """Return a model that keeps its tokenizers and is not trained."""
    return small_model(tokenizers=corpus)


def test_sentences_are_translated_alike_alone_and_together(model: Model) -> None:
    """Order and batching change nothing; a blank sentence stays blank."""
    sentences = ["one two", "", "three", "five four three two one zero zero", "  one two "]
    translator = Translator(*model)

    together = translator.translate(sentences, batch_tokens=24)

    assert together == [translator.translate([sentence])[0] for sentence in sentences]
    assert together[1] == ""
    assert together[0] == together[4]


def test_hypotheses_come_best_first(model: Model) -> None:
    """n best differ, fall in score, and the first is the translation; greedy is a beam of one."""
    translator = Translator(*model)

    (hypotheses,) = translator.hypotheses(["one two three"], beam_size=4, n_best=4, length_penalty=1.0)

    assert len({translation.text for translation in hypotheses}) == 4
    assert [t.score for t in hypotheses] == sorted((t.score for t in hypotheses), reverse=True)
    assert translator.translate(["one two three"], beam_size=4, length_penalty=1.0) == [hypotheses[0].text]
    assert translator.translate(["one two three"], beam_size=1)


def test_tokenizers_are_those_of_the_model_or_given(corpus: Corpus) -> None:
    """Without any the message names the module and the parameter."""
    bare = small_model()
    with pytest.raises(TranslationError, match=r"source tokenizer.*encoder.*\n.*tokenizer=FILE"):
        Translator(*bare)

    source, target = (load_tokenizer(path) for path in corpus[2:])
    assert Translator(*bare, source_tokenizer=source, target_tokenizer=target).translate(["one"])


def test_a_graph_translates_with_the_live_decoder(corpus: Corpus, model: Model) -> None:
    """The search module gives what the translator gives, and references come as they were written."""
    layer = TranslationDataLayer(**corpus._asdict(), batch_size=4, shuffle=False, bucketing=False)
    search = BeamSearchTranslatorNM(decoder=model.decoder, log_softmax=model.log_softmax, beam_size=3)
    lines = LinesOfText(path=corpus.target)
    batch = next(iter(layer))
    with torch.inference_mode():
        hidden = model.encoder(batch.src, batch.src_mask)

    texts = search(hidden_states_src=hidden, input_mask_src=batch.src_mask)

    english = corpus.source.read_text(encoding="utf-8").splitlines()[:4]
    assert texts == Translator(*model).translate(english, beam_size=3)
    assert lines(sent_ids=batch.sent_ids) == corpus.target.read_text(encoding="utf-8").splitlines()[:4]
    with pytest.raises(ParallelTextError, match="60 lines"):
        lines(sent_ids=torch.tensor([3, 60]))


def test_translations_and_references_meet_in_a_metric(corpus: Corpus, model: Model) -> None:
    """The types of search, lines and BLEU fit."""
    x = inputs(hidden="B Token:s Encoded:16", mask="B Token:s ; Mask", ids="B ; Index")
    search = BeamSearchTranslatorNM(decoder=model.decoder, log_softmax=model.log_softmax)

    metric = BLEU(
        hypotheses=search(hidden_states_src=x.hidden, input_mask_src=x.mask),
        references=LinesOfText(path=corpus.target)(sent_ids=x.ids),
    )

    assert metric.call is not None
    assert search.opaque == {"decoder", "log_softmax"}
    assert not search.has_weights()
    with pytest.raises(TranslationError, match="tokenizer=FILE"):
        BeamSearchTranslatorNM(decoder=small_model().decoder, log_softmax=model.log_softmax)
