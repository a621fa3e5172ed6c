"""The loss of translation against torch's own."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from nm_nlp import PaddedSmoothedCrossEntropyLossNM


@pytest.mark.parametrize("pad_id", [0, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_loss_is_that_of_torch(smoothing: float, pad_id: int) -> None:
    """Value and gradient are those of cross_entropy with label_smoothing; padding counts nothing."""
    logits = torch.randn(3, 5, 7, dtype=torch.float64, requires_grad=True)
    target_ids = torch.randint(4, 7, (3, 5))
    target_ids[1, 2:] = target_ids[2, 4:] = pad_id
    loss = PaddedSmoothedCrossEntropyLossNM(pad_id=pad_id, label_smoothing=smoothing)

    value = loss(log_probs=logits.log_softmax(-1), target_ids=target_ids)
    expected = cross_entropy(logits.flatten(0, 1), target_ids.flatten(), ignore_index=pad_id, label_smoothing=smoothing)

    torch.testing.assert_close(value, expected)
    (gradient,), (expected_gradient,) = (
        torch.autograd.grad(scalar, logits, retain_graph=True) for scalar in (value, expected)
    )
    torch.testing.assert_close(gradient, expected_gradient)
    assert loss.weight(target_ids) == 11
    torch.testing.assert_close(loss.total(logits.log_softmax(-1), target_ids), 11 * expected)


@pytest.mark.parametrize("shape", [(2, 0), (0, 3), (2, 3)])
def test_sentences_without_tokens_have_the_loss_zero(shape: tuple[int, int]) -> None:
    """Empty sentences, no sentences, and padding alone add nothing."""
    loss = PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1)

    assert loss(log_probs=torch.zeros(*shape, 4), target_ids=torch.zeros(shape, dtype=torch.int64)) == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_neither_overflows_nor_rounds(dtype: torch.dtype) -> None:
    """The total of many tokens is a float32 number."""
    log_probs = torch.full((100, 100, 50), -3.9120, dtype=dtype)
    ids = torch.ones(100, 100, dtype=torch.int64)

    total = PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1).total(log_probs, ids)

    assert total.dtype == torch.float32
    assert float(total) == pytest.approx(-1e4 * float(log_probs[0, 0, 0]), rel=1e-4)
