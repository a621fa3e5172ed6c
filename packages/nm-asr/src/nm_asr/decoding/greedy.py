"""The best path of CTC: the likeliest class of each frame, repeats joined, blanks left out.

Axes: B batch, T frames, C classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nm_asr.errors import DecodingError
from nm_core import ModuleOptions, NeuralModule
from nm_torch import optional, ports
from nm_torch.common.hypotheses import Hypothesis, HypothesisKind, Token, hypothesis_from_tokens
from nm_torch.common.labels import Labels


class GreedyCTCDecoder(NeuralModule):
    """Read the best path as text, with the times and confidence of its labels and words.

    Graves et al. 2006, section 3.2. The blank is the last class. A label lasts for the frames in which it is the
    likeliest class; CTC may place these anywhere within the sound, so times are good to a few frames.

    Args:
        labels: the labels in the order of their ids.
        frame_seconds: seconds of one frame of the log-probabilities (the front end's window_stride times the encoder's
            strides); times are in seconds then, and in frames where None.
    """

    input_ports = ports(log_probs="B T:t Class:{n_labels}+1 ; LogProbs", length=optional("B ; Lengths(t)"))
    output_ports = ports(hypotheses="list[object common.Hypothesis]", kinds=[HypothesisKind])

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of labels, under the name the ports use."""
        return {"n_labels": len(params["labels"])}

    def __init__(
        self, *, labels: str | Sequence[str], frame_seconds: float | None = None, **options: Unpack[ModuleOptions]
    ) -> None:
        super().__init__(**options)
        self.labels = Labels(labels)
        if frame_seconds is not None and not frame_seconds > 0.0:
            raise DecodingError(f"frame_seconds is {frame_seconds!r}; expected seconds above 0, or None.")
        self.frame_seconds = frame_seconds

    def forward(self, log_probs: Tensor, length: Tensor | None = None) -> list[Hypothesis]:
        """Return one hypothesis per utterance from ``[B, T, C]`` and, without padding where None, ``[B]``."""
        best_BT, ids_BT = (part.cpu().numpy() for part in log_probs.detach().float().max(dim=-1))
        frames = [ids_BT.shape[1]] * len(ids_BT) if length is None else torch.as_tensor(length).tolist()
        heard = [self._read(ids_BT[row, :count], best_BT[row, :count]) for row, count in enumerate(frames)]
        if self.frame_seconds is None:
            return heard
        return [hypothesis.in_seconds(self.frame_seconds) for hypothesis in heard]

    def _read(self, ids_T: NDArray[np.int64], log_probs_T: NDArray[np.float32]) -> Hypothesis:
        if len(ids_T) == 0:
            return hypothesis_from_tokens((), 1.0)
        changes = np.flatnonzero(np.diff(ids_T)) + 1
        starts = np.concatenate([[0], changes])
        ends = np.concatenate([changes, [len(ids_T)]])
        surest = np.exp(np.maximum.reduceat(log_probs_T, starts))
        runs = zip(ids_T[starts].tolist(), starts.tolist(), ends.tolist(), surest.tolist(), strict=True)
        labels = self.labels.labels
        tokens = [
            Token(label, labels[label], float(start), float(end), min(confidence, 1.0))
            for label, start, end, confidence in runs
            if label < len(labels)
        ]
        return hypothesis_from_tokens(tokens, float(np.exp(log_probs_T.mean())), log_prob=float(log_probs_T.sum()))
