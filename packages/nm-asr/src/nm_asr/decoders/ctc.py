"""The CTC head: encoder features to log-probabilities over the labels and the blank.

Legend: B batch, C channels or classes, T frames.
"""

from typing import Unpack

from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt
from nm_torch import TorchModule, ports


class JasperDecoderForCTC(TorchModule):
    """Project encoder features to log-probabilities per frame; the blank is the last class.

    One 1x1 convolution and a log-softmax (Li et al. 2019, arXiv 1904.03288).

    Args:
        feat_in: channels of the encoder's output.
        num_classes: number of labels, the blank not counted.

    Example:
        >>> import torch
        >>> decoder = JasperDecoderForCTC(feat_in=8, num_classes=28)
        >>> decoder(encoder_output=torch.randn(2, 8, 17)).shape
        torch.Size([2, 17, 29])
    """

    input_ports = ports(encoder_output="B Encoded:{feat_in} T:t")
    output_ports = ports(output="B T:t Class:{num_classes}+1 ; LogProbs")

    def __init__(self, *, feat_in: PositiveInt, num_classes: PositiveInt, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.project = nn.Conv1d(feat_in, num_classes + 1, kernel_size=1)

    def forward(self, encoder_output: Tensor) -> Tensor:
        """Return ``[B, T, classes + 1]`` from ``[B, C, T]``."""
        logits_BCT: Tensor = self.project(encoder_output)
        return logits_BCT.transpose(1, 2).log_softmax(dim=-1)
