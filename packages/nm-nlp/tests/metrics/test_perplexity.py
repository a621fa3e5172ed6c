"""Perplexity against its definition."""

import math

import pytest
import torch

from nm_nlp import Perplexity
from nm_nlp.errors import TranslationError


def test_perplexity_is_the_exponential_of_the_mean_cross_entropy() -> None:
    """Over real tokens, whatever batches and padding they come in; accuracy is the share of best tokens."""
    log_probs = torch.randn(3, 4, 6).log_softmax(-1)
    ids = torch.tensor([[1, 2, 3, 4], [5, 0, 0, 0], [2, 2, 0, 0]])
    metric, part = Perplexity(), Perplexity()

    metric.update(log_probs=log_probs[:2], target_ids=ids[:2])
    part.update(log_probs=log_probs[2:, :2], target_ids=ids[2:, :2])
    loaded = part.fresh()
    loaded.load_state(part.state())
    metric.merge(loaded)

    cross_entropy = torch.nn.functional.cross_entropy(log_probs.flatten(0, 1), ids.flatten(), ignore_index=0)
    right = (log_probs.argmax(-1) == ids)[ids != 0].float().mean()
    assert metric.compute() == pytest.approx({"perplexity": math.exp(cross_entropy), "token_accuracy": float(right)})


def test_nothing_has_no_perplexity() -> None:
    """A metric that saw padding alone raises instead of dividing by zero; a hopeless model has an infinite one."""
    metric = Perplexity()
    metric.update(log_probs=torch.zeros(1, 2, 6), target_ids=torch.zeros(1, 2, dtype=torch.int64))
    with pytest.raises(TranslationError, match="no tokens"):
        metric.compute()
    metric.update(log_probs=torch.full((1, 1, 6), -1e6), target_ids=torch.ones(1, 1, dtype=torch.int64))
    assert metric.compute()["perplexity"] == math.inf
