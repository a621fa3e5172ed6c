"""A recurrent encoder whose results do not depend on padding.

Legend: B sentences, T positions, D features.
"""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from nm_core import ModuleOptions, PositiveInt, ProbabilityBelowOne
from nm_core.symbols.ports import PortSpec, optional, ports
from nm_torch.module import TorchModule

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


def reverse(x_BTD: Tensor, lengths_B: Tensor | None) -> Tensor:
    """Return each sequence backwards; padding stays behind it."""
    if lengths_B is None:
        return x_BTD.flip(1)
    position_T = torch.arange(x_BTD.shape[1], device=x_BTD.device)
    lengths_B1 = lengths_B.to(x_BTD.device).unsqueeze(1)
    # flip alone would move padding to the front, where the recurrence would read it first
    source_BT = torch.where(position_T < lengths_B1, lengths_B1 - 1 - position_T, position_T)
    return x_BTD.gather(1, source_BT.unsqueeze(2).expand_as(x_BTD))


class EncoderRNN(TorchModule):
    """Recurrent layers over a sequence of features, in one direction or both.

    With `lengths` the backward direction begins at the last real position, so that padding on the right never changes a
    result at a real position.

    Args:
        input_size: features per position.
        hidden_size: features per direction.
        num_layers: recurrent layers.
        cell: "lstm" or "gru".
        bidirectional: read in both directions and put both results side by side.
        dropout: between layers, in training.
        axis: the tag of the positions: "Time", or "Token" for text.

    Example:
        >>> import torch
        >>> encoder = EncoderRNN(input_size=8, hidden_size=6)
        >>> encoder(inputs=torch.randn(2, 5, 8), lengths=torch.tensor([5, 3])).shape
        torch.Size([2, 5, 12])
    """

    input_ports = ports(inputs="B Time:t Channel:{input_size}", lengths=optional("B ; Lengths(t)"))
    output_ports = ports(outputs="B Time:t Encoded:{output} ; Features")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the tag of the positions."""
        axis = params["axis"]
        return (
            ports(inputs=f"B {axis}:t Channel:{{input_size}}", lengths=optional("B ; Lengths(t)")),
            ports(outputs=f"B {axis}:t Encoded:{{output}} ; Features"),
        )

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the size of the outputs: that of one direction, or of both."""
        return {"output": params["hidden_size"] * (2 if params["bidirectional"] else 1)}

    def __init__(
        self,
        *,
        input_size: PositiveInt,
        hidden_size: PositiveInt,
        num_layers: PositiveInt = 1,
        cell: Literal["lstm", "gru"] = "lstm",
        bidirectional: bool = True,
        dropout: ProbabilityBelowOne = 0.0,
        axis: str = "Time",
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        output_size = hidden_size * (2 if bidirectional else 1)
        sizes = [input_size] + [output_size] * (num_layers - 1)
        # one module per direction: a bidirectional one of torch would begin at the padding, or need sorted sequences
        self.forwards = nn.ModuleList(CELLS[cell](size, hidden_size, batch_first=True) for size in sizes)
        self.backwards = nn.ModuleList(
            CELLS[cell](size, hidden_size, batch_first=True) for size in (sizes if bidirectional else [])
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return [B, T, D] from features [B, T, input_size] and the number of real positions of each, int64 [B]."""
        x_BTD = inputs
        for layer, forward in enumerate(self.forwards):
            if layer > 0:
                x_BTD = self.dropout(x_BTD)
            result_BTD, _ = forward(x_BTD)
            if self.backwards:
                backward_BTD, _ = self.backwards[layer](reverse(x_BTD, lengths))
                result_BTD = torch.cat([result_BTD, reverse(backward_BTD, lengths)], dim=-1)
            x_BTD = result_BTD
        return x_BTD
