"""Losses against torch's own, with padding, and as totals over weights."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy, mse_loss

from nm_core import inputs
from nm_core.errors import ParameterError
from nm_torch.common import CrossEntropyLoss, MSELoss, SequenceLoss
from nm_torch.common.losses import close_targets, count_labels
from nm_types import NeuralTypeError

targets_of_any_form = st.lists(st.lists(st.integers(-1, 4), min_size=5, max_size=5), min_size=1, max_size=4).map(
    torch.tensor
)


@given(targets_of_any_form)
def test_targets_are_closed_at_their_first_gap(targets: torch.Tensor) -> None:
    """Labels up to the first -1, then EOS, then nothing: whatever stands behind the gap."""
    for given_row, closed_row in zip(targets.tolist(), close_targets(targets, 9).tolist(), strict=True):
        labels = given_row[: given_row.index(-1)] if -1 in given_row else given_row
        assert closed_row == labels + [9] + [-1] * (5 - len(labels))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_sequence_loss_is_the_mean_over_labels_and_ends(smoothing: float) -> None:
    """The loss is torch's cross entropy of the closed targets, and the weight counts labels and ends."""
    log_probs = torch.randn(3, 5, 8).log_softmax(-1)
    targets = torch.tensor([[1, 2, 3, 4], [5, -1, -1, -1], [-1, -1, -1, -1]])
    closed = torch.tensor([[1, 2, 3, 4, 7], [5, 7, -1, -1, -1], [7, -1, -1, -1, -1]])
    loss = SequenceLoss(label_smoothing=smoothing)

    value = loss(log_probs=log_probs, targets=targets)

    expected = cross_entropy(log_probs.flatten(0, 1), closed.flatten(), ignore_index=-1, label_smoothing=smoothing)
    torch.testing.assert_close(value, expected)
    assert loss.weight(targets) == 8
    torch.testing.assert_close(loss.total(log_probs, targets), 8 * expected)


def test_parts_of_a_batch_add_up_to_the_batch() -> None:
    """Totals and weights of parts, padded to another length or not, sum to those of the whole."""
    log_probs = torch.randn(3, 5, 8, dtype=torch.float64).log_softmax(-1)
    targets = torch.tensor([[1, 2, 3, 4], [5, -1, -1, -1], [0, 6, -1, -1]])
    loss = SequenceLoss(label_smoothing=0.1)

    total = loss.total(log_probs[:1], targets[:1]) + loss.total(log_probs[1:, :3], targets[1:, :2])
    weight = loss.weight(targets[:1]) + loss.weight(targets[1:, :2])

    torch.testing.assert_close(total, loss.total(log_probs, targets))
    assert weight == loss.weight(targets)


@pytest.mark.parametrize("shape", [(6,), (2, 3), (2, 3, 4)])
def test_cross_entropy_is_that_of_torch(shape: tuple[int, ...]) -> None:
    """For labels of any arrangement, with some left out."""
    logits, labels = torch.randn(*shape, 5), torch.randint(0, 5, shape)
    labels.flatten()[0] = -1

    value = CrossEntropyLoss(label_smoothing=0.2)(logits=logits, labels=labels)

    expected = cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=-1, label_smoothing=0.2)
    torch.testing.assert_close(value, expected)


def test_a_batch_without_labels_has_the_loss_zero() -> None:
    """No label, no weight, no gradient, and no NaN."""
    logits = torch.randn(2, 5, requires_grad=True)

    loss = CrossEntropyLoss()(logits=logits, labels=torch.tensor([-1, -1]))
    loss.backward()

    assert loss == 0
    assert logits.grad is not None
    assert logits.grad.abs().sum() == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_empty_targets_are_their_ends(smoothing: float) -> None:
    """A batch of empty targets has the loss of its EOS alone; a batch of nothing has the loss 0."""
    log_probs = torch.randn(2, 1, 5).log_softmax(-1)
    loss = SequenceLoss(label_smoothing=smoothing)

    value = loss(log_probs=log_probs, targets=torch.zeros(2, 0, dtype=torch.int64))

    expected = cross_entropy(log_probs[:, 0], torch.tensor([4, 4]), label_smoothing=smoothing)
    torch.testing.assert_close(value, expected)
    assert loss(log_probs=log_probs[:0], targets=torch.zeros(0, 0, dtype=torch.int64)) == 0


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_batches_of_nothing_have_the_loss_zero(shape: tuple[int, ...]) -> None:
    """Without elements every loss is 0 and not NaN."""
    assert CrossEntropyLoss()(logits=torch.zeros(*shape, 4), labels=torch.zeros(shape, dtype=torch.int64)) == 0
    assert MSELoss()(predictions=torch.zeros(shape), targets=torch.zeros(shape)) == 0


def test_mean_squared_error_is_that_of_torch() -> None:
    """Over all elements, in float32 for half precision."""
    predictions, targets = torch.randn(3, 4), torch.randn(3, 4)

    torch.testing.assert_close(MSELoss()(predictions=predictions, targets=targets), mse_loss(predictions, targets))
    assert MSELoss()(predictions=300.0 * torch.ones(2).half(), targets=torch.zeros(2).half()) == 90_000


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_totals_of_half_precision_are_single(dtype: torch.dtype) -> None:
    """A sum over many labels neither overflows nor loses small terms."""
    logits, labels = torch.zeros(4000, 50, dtype=dtype), torch.zeros(4000, dtype=torch.int64)

    total = CrossEntropyLoss().total(logits, labels)

    assert total.dtype == torch.float32
    assert float(total) == pytest.approx(4000 * torch.tensor(50.0).log().item(), rel=1e-4)


def test_lengths_end_at_the_first_gap() -> None:
    """Lengths count labels before the first -1."""
    assert count_labels(torch.tensor([[1, -1, 2], [-1, -1, -1], [0, 0, 0]])).tolist() == [1, 0, 3]


@pytest.mark.parametrize("loss", [SequenceLoss, CrossEntropyLoss])
def test_a_smoothing_of_one_or_more_is_refused(loss: type) -> None:
    """Nothing would be left of the labels."""
    with pytest.raises(ParameterError, match=r"label_smoothing is 1\.0; expected a number of at least 0 and below 1"):
        loss(label_smoothing=1.0)


def test_a_squared_error_of_named_kinds_takes_no_other() -> None:
    """Logits have no distance to probabilities."""
    x = inputs(probs="B Class:4 ; Probs", logits="B Class:4 ; Logits")
    assert str(MSELoss(kind="Probs")(predictions=x.probs, targets=x.probs).type) == "; Loss"
    with pytest.raises(NeuralTypeError, match="NM106"):
        MSELoss(kind="Probs")(predictions=x.logits, targets=x.probs)
