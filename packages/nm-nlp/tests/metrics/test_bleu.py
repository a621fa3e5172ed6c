"""Corpus scores: values and signatures of sacreBLEU, merging and state."""

import pytest
import sacrebleu

from nm_core import inputs
from nm_nlp import BLEU, ChrF
from nm_nlp.errors import TranslationError

HYPOTHESES = ["the cat sat on the mat", "Two dogs are running fast.", "a man", ""]
REFERENCES = ["the cat is on the mat", "Two dogs run very fast.", "a tall man", "nothing"]


def test_scores_and_signatures_are_those_of_sacrebleu() -> None:
    """Also when sentences arrive in batches."""
    bleu, chrf = BLEU(), ChrF(word_order=2)
    for metric in (bleu, chrf):
        metric.update(hypotheses=HYPOTHESES[:1], references=REFERENCES[:1])
        metric.update(hypotheses=HYPOTHESES[1:], references=REFERENCES[1:])

    assert bleu.compute() == {"bleu": sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES], force=True).score}
    assert chrf.compute() == {"chrf": sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES], word_order=2).score}
    assert bleu.signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert "nw:2" in chrf.signature
    assert BLEU(lowercase=True, tokenize="intl").scorer().lowercase


@pytest.mark.parametrize("make", [BLEU, ChrF])
def test_parts_merge_to_the_whole(make: type[BLEU] | type[ChrF]) -> None:
    """The score of merged parts is that of all sentences at once; state is plain and comes back; reset forgets."""
    all_sentences, first, second = make(), make(), make()
    all_sentences.update(hypotheses=HYPOTHESES, references=REFERENCES)
    first.update(hypotheses=HYPOTHESES[:2], references=REFERENCES[:2])
    second.update(hypotheses=HYPOTHESES[2:], references=REFERENCES[2:])

    loaded = second.fresh()
    loaded.load_state(second.state())
    first.merge(loaded)

    assert first.compute() == all_sentences.compute()
    first.reset()
    with pytest.raises(TranslationError, match="no sentences"):
        first.compute()


def test_each_hypothesis_has_a_reference() -> None:
    """Both numbers are in the message."""
    with pytest.raises(TranslationError, match="1 hypotheses and 2 references"):
        BLEU().update(hypotheses=["a"], references=["a", "b"])


def test_a_metric_binds_to_texts() -> None:
    """Ports are typed: texts fit, token ids do not."""
    x = inputs(text="list[object Text]", ids="B Token:t ; TokenIds")

    assert BLEU(hypotheses=x.text, references=x.text).call is not None
    with pytest.raises(TypeError):
        BLEU(hypotheses=x.ids, references=x.text)
