"""The CTC loss.

Axes: B batch, T frames, C classes, U labels.
"""

import warnings
from collections import deque
from typing import Any, Unpack

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from nm_asr.errors import ImpossibleAlignmentWarning
from nm_core import ModuleOptions
from nm_torch import LossModule, ports


class CTCLossNM(LossModule):
    """Connectionist temporal classification: the negative log-probability of each transcript over all its alignments.

    Graves et al. 2006. The blank is the last class; the total is in nats, the weight counts utterances, so the loss is
    the mean over utterances.

    A transcript of U labels, r of which repeat the one before, needs U + r frames. Where there are fewer no alignment
    exists and the probability is zero: such an utterance adds nothing to the total and has no gradient, but keeps its
    weight. It is counted in ``impossible_alignments``, and the first one warns.
    """

    input_ports = ports(
        log_probs="B T:t Class:n+1 ; LogProbs",
        targets="B Token:u ; Labels(n)",
        input_length="B ; Lengths(t)",
        target_length="B ; Lengths(u)",
    )
    output_ports = ports(loss="; Loss")

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self._impossible = 0
        self._pending: deque[tuple[Tensor, Any]] = deque()

    @property
    def impossible_alignments(self) -> int:
        """How many utterances had no alignment so far; on a GPU those of the last few batches may still be missing."""
        return self._impossible

    def total(self, log_probs: Tensor, targets: Tensor, input_length: Tensor, target_length: Tensor) -> Tensor:
        """Return the sum over utterances, from ``[B, T, C]``, ``[B, U]`` padded with -1, ``[B]`` and ``[B]``."""
        self._count(impossible(targets, input_length, target_length))
        return ctc_loss(
            log_probs.transpose(0, 1),
            targets.clamp(min=0),
            input_length,
            target_length,
            blank=log_probs.shape[-1] - 1,
            reduction="sum",
            zero_infinity=True,
        )

    def weight(self, target_length: Tensor) -> Tensor:
        """Return the number of utterances."""
        return torch.full((), float(target_length.shape[0]), device=target_length.device)

    def _count(self, impossible_B: Tensor) -> None:
        number = impossible_B.sum()
        if number.device.type == "cpu":
            self._note(int(number))
            return
        # On an accelerator the number comes without being waited for, and is looked at once it is there.
        arrived = torch.get_device_module(number.device).Event()
        self._pending.append((number.to("cpu", non_blocking=True), arrived))
        arrived.record()
        while self._pending and self._pending[0][1].query():
            self._note(int(self._pending.popleft()[0]))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is still on its way: it can be neither copied nor saved."""
        return {**super().__getstate__(), "_pending": deque()}

    def _note(self, number: int) -> None:
        if number and not self._impossible:
            warnings.warn(
                f"{self.name}: {number} transcripts of a batch are longer than their frames can hold: left out.\n"
                "  Check these recordings against their texts, or use a smaller stride or window_stride.\n"
                "  Later ones are counted in impossible_alignments.",
                ImpossibleAlignmentWarning,
                stacklevel=2,
            )
        self._impossible += number


def impossible(targets_BU: Tensor, input_length_B: Tensor, target_length_B: Tensor) -> Tensor:
    """Return which utterances have fewer frames than labels and the blanks between repeated ones, ``[B]``."""
    positions = torch.arange(1, targets_BU.shape[1], device=targets_BU.device)
    repeats_BU = (targets_BU[:, 1:] == targets_BU[:, :-1]) & (positions < target_length_B.unsqueeze(1))
    return target_length_B + repeats_BU.sum(1) > input_length_B
