"""Greedy CTC decoding: the most probable class of each frame, repeats merged, blanks removed.

Legend: B batch, T frames, C classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nm_asr.errors import DecodingError
from nm_core import ModuleOptions, NeuralModule, PositiveFloat
from nm_torch import optional, ports
from nm_torch.common.hypotheses import Hypothesis, HypothesisKind, Token, hypothesis_from_tokens
from nm_torch.common.labels import LabelVocabulary, check_labels


class GreedyCTCDecoder(NeuralModule):
    """Decode the best path of CTC to hypotheses with times and confidence of labels and words.

    Graves et al. 2006, section 3.2. The blank is the last class. A label lasts for the frames in which it is the
    most probable class; CTC may place these anywhere within the sound, so times are good to a few frames.

    Args:
        labels: the labels in the order of their ids.
        frame_seconds: seconds of one frame of the log-probabilities (the front end's window_stride times the encoder's
            strides); times are in seconds then, and in frames where None.

    Example:
        >>> decoder = GreedyCTCDecoder(labels=" abc", frame_seconds=0.02)
        >>> path = torch.tensor([[1, 1, 4, 2]])  # a, a, blank, b
        >>> log_probs = torch.nn.functional.one_hot(path, 5).float().mul(9).log_softmax(-1)
        >>> [hypothesis] = decoder(log_probs=log_probs)
        >>> hypothesis.text, hypothesis.words[0].end
        ('ab', 0.08)
    """

    input_ports = ports(log_probs="B T:t Class:{n_labels}+1 ; LogProbs", length=optional("B ; Lengths(t)"))
    output_ports = ports(hypotheses="list[object common.Hypothesis]", kinds=[HypothesisKind])

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of labels, by the name in the ports."""
        return {"n_labels": len(params["labels"])}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check the labels."""
        check_labels(params["labels"])

    def __init__(
        self,
        *,
        labels: str | Sequence[str],
        frame_seconds: PositiveFloat | None = None,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.labels = LabelVocabulary(labels)
        self.frame_seconds = frame_seconds

    def forward(self, log_probs: Tensor, length: Tensor | None = None) -> list[Hypothesis]:
        """Return one hypothesis per utterance from ``[B, T, C]`` and, without padding where None, ``[B]``.

        Raises:
            DecodingError: log-probabilities are not finite, so that no class is the most probable.
        """
        best_BT, ids_BT = (part.cpu().numpy() for part in log_probs.detach().float().max(dim=-1))
        frames = [ids_BT.shape[1]] * len(ids_BT) if length is None else torch.as_tensor(length).tolist()
        _check_finite(best_BT, frames)
        hypotheses = [self._decode(ids_BT[row, :count], best_BT[row, :count]) for row, count in enumerate(frames)]
        if self.frame_seconds is None:
            return hypotheses
        return [hypothesis.in_seconds(self.frame_seconds) for hypothesis in hypotheses]

    def _decode(self, ids_T: NDArray[np.int64], log_probs_T: NDArray[np.float32]) -> Hypothesis:
        if len(ids_T) == 0:
            return hypothesis_from_tokens((), 1.0)
        # runs of equal classes: a label, or the blank that parts two equal labels
        changes = np.flatnonzero(np.diff(ids_T)) + 1
        starts = np.concatenate([[0], changes])
        ends = np.concatenate([changes, [len(ids_T)]])
        confidences = np.exp(np.maximum.reduceat(log_probs_T, starts))
        runs = zip(ids_T[starts].tolist(), starts.tolist(), ends.tolist(), confidences.tolist(), strict=True)
        labels = self.labels.labels
        tokens = [
            Token(label, labels[label], float(start), float(end), min(confidence, 1.0))  # float32 may exceed 1
            for label, start, end, confidence in runs
            if label < len(labels)
        ]
        return hypothesis_from_tokens(tokens, float(np.exp(log_probs_T.mean())), log_prob=float(log_probs_T.sum()))


def _check_finite(best_BT: NDArray[np.float32], frames: Sequence[int]) -> None:
    bad = [row for row, count in enumerate(frames) if not np.isfinite(best_BT[row, :count]).all()]
    if bad:
        raise DecodingError(
            f"The log-probabilities of {len(bad)} of {len(frames)} utterances are not finite: number "
            f"{', '.join(map(str, bad[:5]))}{' ...' if len(bad) > 5 else ''} of the batch.\n"
            "  Samples of these recordings, or weights of the model, are not finite or far too large:\n"
            "  look at the training for a loss that is not finite, or run the model in a wider number format."
        )
