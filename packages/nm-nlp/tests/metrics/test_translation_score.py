"""Scores of what a model in a graph translates."""

from typing import Any

import pytest
from nm_nlp_samples import Corpus, Model, small_model

from nm_core import NeuralModuleFactory
from nm_nlp import BLEU, ChrF, TranslationDataLayer, TranslationScore, Translator
from nm_nlp.errors import TranslationError
from nm_types import NeuralTypeError


def bound(corpus: Corpus, model: Model, **params: Any) -> TranslationScore:
    """Return the metric bound to the model over the corpus."""
    layer = TranslationDataLayer(**corpus._asdict(), batch_tokens=60)
    src, src_mask, tgt, tgt_mask, _, sent_ids = layer()
    hidden = model.encoder(input_ids=src, input_mask_src=src_mask)
    states = model.decoder(
        input_ids_tgt=tgt, hidden_states_src=hidden, input_mask_src=src_mask, input_mask_tgt=tgt_mask
    )
    return TranslationScore(
        references=corpus.target,
        log_probs=model.log_softmax(hidden_states=states),
        hidden_states_src=hidden,
        input_mask_src=src_mask,
        sent_ids=sent_ids,
        **params,
    )


@pytest.mark.parametrize("beam_size", [1, 3])
def test_scores_are_those_of_the_translated_corpus(corpus: Corpus, beam_size: int) -> None:
    """Evaluation gives what translating the file and scoring it gives, with signatures."""
    model = small_model(tokenizers=corpus)
    metric = bound(corpus, model, beam_size=beam_size)

    scores = NeuralModuleFactory(placement="cpu").eval([metric])

    source, references = (path.read_text(encoding="utf-8").splitlines() for path in corpus[:2])
    hypotheses = Translator(*model).translate(source, beam_size=beam_size)
    expected = {}
    for second in (BLEU(), ChrF()):
        second.update(hypotheses, references)
        expected |= second.compute()
    assert scores == pytest.approx(expected)
    assert metric.signatures["bleu"].startswith("nrefs:1")


def test_parts_merge_to_the_whole(corpus: Corpus) -> None:
    """State is plain, comes back in a fresh metric and adds up."""
    metric = bound(corpus, small_model(tokenizers=corpus))
    NeuralModuleFactory(placement="cpu").eval([metric])
    before = metric.compute()

    second = metric.fresh()
    second.load_state(metric.state())
    metric.merge(second)

    assert len(metric.bleu.hypotheses) == 120
    assert second.compute() == before
    metric.reset()
    assert metric.state() == {"hypotheses": [], "references": []}


def test_hidden_states_must_be_those_of_the_decoder(corpus: Corpus) -> None:
    """Those of an encoder of another width are refused when the metric is bound, and nothing has run."""
    model, second = small_model(tokenizers=corpus), small_model(hidden_size=8)
    src, src_mask, tgt, tgt_mask, _, sent_ids = TranslationDataLayer(**corpus._asdict(), batch_tokens=60)()
    states = model.decoder(
        input_ids_tgt=tgt,
        hidden_states_src=model.encoder(input_ids=src, input_mask_src=src_mask),
        input_mask_src=src_mask,
        input_mask_tgt=tgt_mask,
    )
    with pytest.raises(NeuralTypeError, match=r"(?s)NM105.*encoder.hidden_states -> translation_score.hidden_states"):
        TranslationScore(
            references=corpus.target,
            log_probs=model.log_softmax(hidden_states=states),
            hidden_states_src=second.encoder(input_ids=src, input_mask_src=src_mask),
            input_mask_src=src_mask,
            sent_ids=sent_ids,
        )


def test_the_model_must_be_one_that_searches(corpus: Corpus) -> None:
    """Without a tokenizer, or unbound, the message says what is missing."""
    with pytest.raises(TranslationError, match="tokenizer=FILE"):
        bound(corpus, small_model())
    assert bound(corpus, small_model(), tokenizer=corpus.target_tokenizer).tokenizer is not None
    with pytest.raises(TranslationError, match=r"given nothing.*\n.*TransformerLogSoftmaxNM"):
        TranslationScore(references=corpus.target)._find_model()
