"""The connector of a convolutional encoder and a recurrent decoder.

Legend: B batch, C channels, T frames.
"""

from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt
from nm_torch import TorchModule, ports


class JasperRNNConnector(TorchModule):
    """Transpose ``[batch, channel, time]`` to ``[batch, time, channel]``, and optionally project the channels.

    Args:
        in_channels: channels of the encoder.
        out_channels: channels that the decoder expects, reached by a learned projection; the same number where None.

    Example:
        >>> import torch
        >>> JasperRNNConnector(in_channels=5, out_channels=13)(tensor=torch.randn(2, 5, 9)).shape
        torch.Size([2, 9, 13])
    """

    input_ports = ports(tensor="B Encoded:{in_channels} T:t")
    output_ports = ports(output="B T:t Encoded:{width} ; Features")

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the channels of the output."""
        return {"width": params["out_channels"] or params["in_channels"]}

    def __init__(
        self, *, in_channels: PositiveInt, out_channels: PositiveInt | None = None, **options: Unpack[ModuleOptions]
    ) -> None:
        super().__init__(**options)
        self.project = None if out_channels is None else nn.Linear(in_channels, out_channels)

    def forward(self, tensor: Tensor) -> Tensor:
        """Return ``[B, T, C]`` from ``[B, C, T]``."""
        x_BTC = tensor.transpose(1, 2)
        # contiguous, or recurrent kernels would copy the transposed view at each call
        return x_BTC.contiguous() if self.project is None else self.project(x_BTC)
