"""Error rates count over everything seen, exactly, however it is split."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nm_core import inputs
from nm_torch.common import CharacterErrorRate, WordErrorRate
from nm_torch.common.errors import MetricError
from nm_torch.common.hypotheses import HypothesisKind

LABELS = " abc"

TEXTS = st.text(alphabet=LABELS, max_size=8)


def metric_of(pairs: list[tuple[str, str]]) -> WordErrorRate:
    """Return a word error rate that has seen these hypotheses and references."""
    metric = WordErrorRate(labels=LABELS)
    metric.update_texts([hypothesis for hypothesis, _ in pairs], [reference for _, reference in pairs])
    return metric


def test_a_known_rate() -> None:
    """One word wrong, one too many and one missing out of six."""
    metric = metric_of([("a b c", "a c c"), ("a b", "a"), ("", "b"), ("c", "c")])

    assert metric.compute() == {
        "wer": 0.5,
        "wer_substitutions": 1.0,
        "wer_insertions": 1.0,
        "wer_deletions": 1.0,
        "words": 6.0,
    }


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6), st.integers(0, 6))
def test_merging_is_exact(pairs: list[tuple[str, str]], cut: int) -> None:
    """Two halves merged, also through their plain state, are the whole."""
    all_pairs, first, second = metric_of(pairs), metric_of(pairs[:cut]), WordErrorRate(labels=LABELS)
    second.load_state(metric_of(pairs[cut:]).state())

    first.merge(second)

    assert first.compute() == all_pairs.compute()
    assert first.state() == all_pairs.state()


def test_references_come_as_label_ids() -> None:
    """Transcripts padded with -1, as the data layer gives them, against hypotheses or their texts."""
    metric = CharacterErrorRate(labels=LABELS)

    metric.update(hypotheses=["ab", "c  a"], references=torch.tensor([[1, 3, -1, -1], [3, 0, 1, -1]]))

    assert metric.compute()["cer"] == pytest.approx(1 / 5)
    assert metric.compute()["characters"] == 5


def test_rates_without_references() -> None:
    """Nothing seen is 0; words where none were said is infinitely wrong, and forgetting makes it 0 again."""
    metric = metric_of([])
    assert metric.compute()["wer"] == 0.0
    metric.update_texts(["a"], [""])
    assert math.isinf(metric.compute()["wer"])
    metric.reset()
    assert metric.compute()["wer"] == 0.0


def test_counts_must_agree() -> None:
    """As many hypotheses as references, or it is an error."""
    with pytest.raises(MetricError, match="2 hypotheses for 1 references"):
        WordErrorRate(labels=LABELS).update_texts(["a", "b"], ["a"])


def test_it_binds_to_a_graph() -> None:
    """Given symbolic hypotheses and transcripts it is bound, and a fresh copy is not."""
    free = inputs(heard="list[object common.Hypothesis]", transcript="B Token:u ; Labels(4)", kinds=[HypothesisKind])

    metric = WordErrorRate(labels=LABELS, hypotheses=free.heard, references=free.transcript)

    assert metric.call is not None
    assert metric.fresh().call is None
    with pytest.raises(TypeError, match="Labels"):
        WordErrorRate(labels="ab", hypotheses=free.heard, references=free.transcript)
