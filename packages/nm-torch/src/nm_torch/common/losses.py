"""Losses that every domain needs, each as a total over a weight.

Legend: B sentences, U labels, V classes.
"""

import torch
from torch import Tensor
from torch.nn.functional import nll_loss, pad

from nm_core.ports import ports
from nm_torch.common.errors import OptionError
from nm_torch.common.numerics import log_softmax, widen
from nm_torch.loss import LossModule

IGNORED = -1
"""The label of positions that a loss leaves out."""


def smoothed_cross_entropy(log_probs_NV: Tensor, labels_N: Tensor, *, smoothing: float, ignored: int) -> Tensor:
    """Return the summed cross entropy of labels softened by a uniform distribution (Szegedy et al. 2016, 1512.00567).

    The same as torch's `cross_entropy` with `label_smoothing`, from log-probabilities: every class gets
    `smoothing` / V of the weight, and the label the rest.

    Args:
        log_probs_NV: log-probabilities.
        labels_N: the right classes; positions with `ignored` count nothing.
        smoothing: weight of the uniform distribution, at least 0 and below 1.
        ignored: the label of positions that are left out.
    """
    log_probs_NV = widen(log_probs_NV)
    total = nll_loss(log_probs_NV, labels_N, ignore_index=ignored, reduction="sum")
    if smoothing == 0.0:
        return total
    uniform = -log_probs_NV.mean(dim=-1).masked_fill(labels_N == ignored, 0.0).sum()
    return (1.0 - smoothing) * total + smoothing * uniform


def checked_smoothing(smoothing: float) -> float:
    """Return a label smoothing that is at least 0 and below 1."""
    if not 0.0 <= smoothing < 1.0:
        raise OptionError(f"label_smoothing must be at least 0 and below 1; given was {smoothing!r}.")
    return smoothing


class SequenceLoss(LossModule):
    """Cross entropy of target sequences, each closed by EOS.

    EOS, the last class, is written at the first -1 of each target (or after its last label), and everything behind it
    is left out. The weight is the number of labels, EOS included.

    Args:
        label_smoothing: weight of a uniform distribution over the classes.
    """

    input_ports = ports(log_probs="B Token:u+1 Class:n+2 ; LogProbs", targets="B Token:u ; Labels(n)")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = checked_smoothing(label_smoothing)

    def total(self, log_probs: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross entropy of log-probabilities [B, U+1, V] and targets [B, U] padded with -1."""
        closed_BU = close(targets, log_probs.shape[-1] - 1)
        return smoothed_cross_entropy(
            log_probs.flatten(0, 1), closed_BU.flatten(), smoothing=self.label_smoothing, ignored=IGNORED
        )

    def weight(self, targets: Tensor) -> Tensor:
        """Return the number of labels, EOS included."""
        return lengths_of(targets).sum() + len(targets)


def lengths_of(targets_BU: Tensor) -> Tensor:
    """Return the number of labels before the first -1 of each target."""
    return (targets_BU >= 0).cumprod(dim=1).sum(dim=1)


def close(targets_BU: Tensor, eos: int) -> Tensor:
    """Return targets [B, U+1] with `eos` after the labels of each and -1 behind it."""
    lengths_B1 = lengths_of(targets_BU).unsqueeze(1)
    position_U = torch.arange(targets_BU.shape[1] + 1, device=targets_BU.device)
    closed_BU = pad(targets_BU, (0, 1), value=IGNORED).masked_fill(position_U == lengths_B1, eos)
    return closed_BU.masked_fill(position_U > lengths_B1, IGNORED)


class CrossEntropyLoss(LossModule):
    """Cross entropy of logits and labels; positions with the label -1 are left out.

    Args:
        label_smoothing: weight of a uniform distribution over the classes.
    """

    input_ports = ports(logits="*s Class:n ; Logits", labels="*s ; Labels(n)")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = checked_smoothing(label_smoothing)

    def total(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the summed cross entropy of logits [..., V] and labels [...]."""
        return smoothed_cross_entropy(
            log_softmax(logits).flatten(0, -2), labels.flatten(), smoothing=self.label_smoothing, ignored=IGNORED
        )

    def weight(self, labels: Tensor) -> Tensor:
        """Return the number of labels that are not -1."""
        return (labels != IGNORED).sum()


class MSELoss(LossModule):
    """Mean squared difference of predictions and targets of one shape, over all their elements."""

    input_ports = ports(predictions="*s", targets="*s")
    output_ports = ports(loss="; Loss")

    def total(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of squared differences."""
        return (widen(predictions) - widen(targets)).square().sum()

    def weight(self, targets: Tensor) -> Tensor:
        """Return the number of elements."""
        return torch.tensor(targets.numel(), device=targets.device)
