"""Losses of every domain, each the quotient of a total and a weight.

Legend: B sentences, U labels, V classes.
"""

from collections.abc import Mapping
from typing import Any, Unpack

import torch
from torch import Tensor
from torch.nn.functional import pad

from nm_core import ModuleOptions, ProbabilityBelowOne
from nm_core.symbols.ports import PortSpec, ports
from nm_torch.common.numerics import log_softmax, widen
from nm_torch.common.smoothing import check_smoothing, smoothed_cross_entropy
from nm_torch.common.templates import with_kind
from nm_torch.loss import LossModule

IGNORED = -1
"""The label of padding in the data layers, which losses leave out; `torch.nn.CrossEntropyLoss` has -100 for it."""


class SequenceLoss(LossModule):
    """Cross entropy of target sequences, each closed by EOS.

    EOS, the last class, is written at the first -1 of each target (or after its last label), and everything behind it
    is left out. The weight is the number of labels, EOS included.

    Args:
        label_smoothing: weight of a uniform distribution over the classes.

    Example:
        >>> import torch
        >>> log_probs = torch.full((1, 3, 4), 0.25).log()  # two labels, BOS and EOS
        >>> loss = SequenceLoss()(log_probs=log_probs, targets=torch.tensor([[0, 1]]))
        >>> torch.isclose(loss.exp(), torch.tensor(4.0))
        tensor(True)
    """

    input_ports = ports(log_probs="B Token:u+1 Class:n+2 ; LogProbs", targets="B Token:u ; Labels(n)")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, label_smoothing: ProbabilityBelowOne = 0.0, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.label_smoothing = check_smoothing(label_smoothing)

    def total(self, log_probs: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross entropy of log-probabilities [B, U+1, V] and targets [B, U] padded with -1."""
        closed_BU = close_targets(targets, log_probs.shape[-1] - 1)
        return smoothed_cross_entropy(
            log_probs.flatten(0, 1), closed_BU.flatten(), smoothing=self.label_smoothing, ignore_index=IGNORED
        )

    def weight(self, targets: Tensor) -> Tensor:
        """Return the number of labels, EOS included."""
        return count_labels(targets).sum() + len(targets)  # one EOS for each


def count_labels(targets_BU: Tensor) -> Tensor:
    """Return the number of labels of each target, those before its first -1."""
    return (targets_BU >= 0).cumprod(dim=1).sum(dim=1)


def close_targets(targets_BU: Tensor, eos: int) -> Tensor:
    """Return targets [B, U+1] with `eos` after the labels of each and -1 behind it."""
    # comparisons instead of indices: nothing waits for the device, and the shape is known
    lengths_B1 = count_labels(targets_BU).unsqueeze(1)
    position_U = torch.arange(targets_BU.shape[1] + 1, device=targets_BU.device)
    closed_BU = pad(targets_BU, (0, 1), value=IGNORED).masked_fill(position_U == lengths_B1, eos)
    return closed_BU.masked_fill(position_U > lengths_B1, IGNORED)


class CrossEntropyLoss(LossModule):
    """Cross entropy of logits and labels; positions with the label -1 are left out.

    Args:
        label_smoothing: weight of a uniform distribution over the classes.

    Example:
        >>> import torch
        >>> logits = torch.zeros(3, 2)
        >>> CrossEntropyLoss()(logits=logits, labels=torch.tensor([0, 1, -1]))  # the last one is left out
        tensor(0.6931)
    """

    input_ports = ports(logits="*s Class:n ; Logits", labels="*s ; Labels(n)")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, label_smoothing: ProbabilityBelowOne = 0.0, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.label_smoothing = check_smoothing(label_smoothing)

    def total(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the summed cross entropy of logits [..., V] and labels [...]."""
        log_probs_NV = log_softmax(logits).reshape(-1, logits.shape[-1])
        return smoothed_cross_entropy(
            log_probs_NV, labels.flatten(), smoothing=self.label_smoothing, ignore_index=IGNORED
        )

    def weight(self, labels: Tensor) -> Tensor:
        """Return the number of labels that are not -1."""
        return (labels != IGNORED).sum()


class MSELoss(LossModule):
    """Mean squared difference of predictions and targets of one shape, over all their elements.

    Args:
        kind: the kind of the values of both, such as "Probs"; unsaid where not given.

    Example:
        >>> import torch
        >>> MSELoss()(predictions=torch.tensor([1.0, 3.0]), targets=torch.tensor([1.0, 1.0]))
        tensor(2.)
    """

    input_ports = ports(predictions="*s", targets="*s")
    output_ports = ports(loss="; Loss")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the kind of the parameter."""
        values = "*s" if params["kind"] is None else with_kind("*s", params["kind"])
        return ports(predictions=values, targets=values), ports(loss="; Loss")

    def __init__(self, *, kind: str | None = None, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)

    def total(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of squared differences."""
        return (widen(predictions) - widen(targets)).square().sum()

    def weight(self, targets: Tensor) -> float:
        """Return the number of elements."""
        return float(targets.numel())  # from the shape alone: nothing waits for the device
