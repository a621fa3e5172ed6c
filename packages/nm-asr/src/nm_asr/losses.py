"""The CTC loss.

Legend: B batch, T frames, C classes, U labels.
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
    weight. It is counted in ``impossible_alignments``, and the first one warns. An empty transcript has one alignment,
    all blanks.

    Example:
        >>> log_probs = torch.full((1, 2, 3), 1 / 3).log()  # two frames, two labels and the blank
        >>> loss = CTCLossNM()(
        ...     log_probs=log_probs,
        ...     targets=torch.tensor([[0]]),
        ...     input_length=torch.tensor([2]),
        ...     target_length=torch.tensor([1]),
        ... )
        >>> round(float(loss.exp() ** -1), 4)  # three of nine paths spell the label
        0.3333
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
        """The number of utterances without an alignment so far; on a GPU without those of the last few batches."""
        return self._impossible

    @property
    def left_out(self) -> int:
        """The number of utterances without an alignment so far, the last batches included."""
        while self._pending:
            number, arrived = self._pending.popleft()
            arrived.synchronize()
            self._add_impossible(int(number))
        return self._impossible

    def total(self, log_probs: Tensor, targets: Tensor, input_length: Tensor, target_length: Tensor) -> Tensor:
        """Return the sum over utterances, from ``[B, T, C]``, ``[B, U]`` padded with -1, ``[B]`` and ``[B]``."""
        self._count(find_impossible(targets, input_length, target_length))
        if log_probs.numel() == 0:  # torch refuses a batch without utterances or frames; the sum over them is 0
            return log_probs.sum()
        return ctc_loss(
            log_probs.transpose(0, 1),
            targets.clamp(min=0),  # padding is never read, but must be a class
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
            self._add_impossible(int(number))
            return
        # on an accelerator the number is copied without waiting, and read once it has arrived
        arrived = torch.get_device_module(number.device).Event()
        self._pending.append((number.to("cpu", non_blocking=True), arrived))
        arrived.record()
        while self._pending and self._pending[0][1].query():
            self._add_impossible(int(self._pending.popleft()[0]))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out numbers that have not arrived: events can be neither copied nor saved."""
        return {**super().__getstate__(), "_pending": deque()}

    def _add_impossible(self, number: int) -> None:
        if number and not self._impossible:
            warnings.warn(
                f"{self.name}: {number} transcripts of a batch are longer than their frames can hold: left out.\n"
                "  Check these recordings against their texts, or use a smaller stride or window_stride.\n"
                "  Later ones are counted in impossible_alignments.",
                ImpossibleAlignmentWarning,
                stacklevel=2,
            )
        self._impossible += number


def find_impossible(targets_BU: Tensor, input_length_B: Tensor, target_length_B: Tensor) -> Tensor:
    """Return a boolean ``[B]``, true where there are fewer frames than labels and blanks between repeated ones."""
    positions_U = torch.arange(targets_BU.shape[1], device=targets_BU.device)[1:]  # none where all are empty
    repeats_BU = (targets_BU[:, 1:] == targets_BU[:, :-1]) & (positions_U < target_length_B.unsqueeze(1))
    return target_length_B + repeats_BU.sum(1) > input_length_B
