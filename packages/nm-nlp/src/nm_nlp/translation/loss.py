"""The loss of a translation model.

Legend: B sentences, T target positions, V vocabulary.
"""

from typing import Unpack

from torch import Tensor

from nm_core import ModuleOptions, NonNegativeInt, ProbabilityBelowOne
from nm_core.symbols.ports import ports
from nm_torch import LossModule
from nm_torch.common.smoothing import check_smoothing, smoothed_cross_entropy


class PaddedSmoothedCrossEntropyLossNM(LossModule):
    """Cross entropy with label smoothing (Szegedy et al. 2016, arXiv 1512.00567), averaged over tokens without padding.

    Args:
        pad_id: the token id of padding; 0 in all tokenizers trained here.
        label_smoothing: weight of a uniform distribution over the vocabulary.

    Example:
        >>> import torch
        >>> loss = PaddedSmoothedCrossEntropyLossNM(pad_id=0)
        >>> log_probs = torch.full((1, 3, 4), 0.25).log()
        >>> loss(log_probs=log_probs, target_ids=torch.tensor([[3, 1, 0]]))  # the logarithm of 4
        tensor(1.3863)
    """

    input_ports = ports(log_probs="B Token:t Class:n ; LogProbs", target_ids="B Token:t ; NextTokenIds(n)")
    output_ports = ports(loss="; Loss")

    def __init__(
        self,
        *,
        pad_id: NonNegativeInt = 0,
        label_smoothing: ProbabilityBelowOne = 0.0,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.pad_id = pad_id
        self.label_smoothing = check_smoothing(label_smoothing)

    def total(self, log_probs: Tensor, target_ids: Tensor) -> Tensor:
        """Return the summed loss of log-probabilities [B, T, V] and token ids [B, T]."""
        return smoothed_cross_entropy(
            log_probs.flatten(0, 1), target_ids.flatten(), smoothing=self.label_smoothing, ignore_index=self.pad_id
        )

    def weight(self, target_ids: Tensor) -> Tensor:
        """Return the number of tokens that are not padding."""
        return (target_ids != self.pad_id).sum()
