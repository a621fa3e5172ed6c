"""Subsampling in time by strided convolutions and by stacked frames; padding never changes a result.

Legend: B utterances, C channels, T frames, t frames after subsampling, K frames that become one.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, Unpack

from torch import Tensor, nn
from torch.nn.functional import pad

from nm_core import ModuleOptions, PositiveInt
from nm_core.symbols.ports import optional, ports
from nm_torch.common.errors import OptionError
from nm_torch.common.numerics import length_mask
from nm_torch.common.pointwise import make_function
from nm_torch.module import TorchModule


def shorten_lengths(lengths_B: Tensor, factor: int) -> Tensor:
    """Return the number of groups of `factor` frames that hold a real one, rounded up; 0 stays 0."""
    return (lengths_B + (factor - 1)).div(factor, rounding_mode="floor")


def mask_padding(x_BCT: Tensor, lengths_B: Tensor | None) -> Tensor:
    """Set features to zero behind the end of each utterance; all frames are real where no lengths are given."""
    if lengths_B is None:
        return x_BCT
    return x_BCT.masked_fill(~length_mask(lengths_B, x_BCT.shape[-1], x_BCT.device).unsqueeze(1), 0.0)


class SubsamplingOutputs(NamedTuple):
    """Fewer frames, and their number in each utterance where `length` was connected."""

    y: Any
    y_length: Any


class ConvSubsampling(TorchModule[SubsamplingOutputs]):
    """Convolutions along time, each with a stride and an activation: fewer frames with a wider view.

    A stride of s makes (t - 1) // s + 1 frames of t, centred on every s-th one; lengths follow the same formula, and
    strides together the formula of their product. With `length` every layer sees zeros behind the end of an utterance,
    as behind the end of the tensor, and the output is zero there: neither padding nor the rest of a batch changes a
    result. Without it all frames are real.

    Args:
        input_size: channels of the input.
        output_size: channels of every layer.
        strides: the stride of each layer, in order.
        kernel_size: frames that a layer looks at, odd, so that one stands in the middle.
        function: the activation after each convolution: "relu", "gelu", "silu" ...

    Example:
        >>> import torch
        >>> subsample = ConvSubsampling(input_size=8, output_size=6, strides=[2, 2])
        >>> features, lengths = subsample(x=torch.randn(2, 8, 10), length=torch.tensor([10, 5]))
        >>> features.shape, lengths
        (torch.Size([2, 6, 3]), tensor([3, 2]))
    """

    input_ports = ports(x="B Channel:{input_size} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(
        y="B Encoded:{output_size} T:(t-1)//{factor}+1 ; Features",
        y_length=optional("B ; Lengths((t-1)//{factor}+1)", needs=("length",)),
    )

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of frames that become one."""
        return {"factor": prod(_check_strides(params["strides"]))}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check that kernels have a middle, and that there is such a function."""
        kernel_size = params["kernel_size"]
        if kernel_size % 2 == 0:
            raise OptionError(f"kernel_size must be odd, so that one frame is in the middle; given was {kernel_size}.")
        make_function(params["function"])

    def __init__(
        self,
        *,
        input_size: PositiveInt,
        output_size: PositiveInt,
        strides: Sequence[PositiveInt] = (2, 2),
        kernel_size: PositiveInt = 3,
        function: str = "relu",
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        widths = [input_size] + [output_size] * (len(strides) - 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, output_size, kernel_size, stride=stride, padding=kernel_size // 2)
            for width, stride in zip(widths, strides, strict=True)
        )
        self.strides = tuple(strides)
        self.function = make_function(function)

    def forward(self, x: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return [B, output_size, t] and, where given, lengths [B], from [B, input_size, T] and int64 [B]."""
        x_BCT = mask_padding(x, length)
        for layer, stride in zip(self.layers, self.strides, strict=True):
            length = None if length is None else shorten_lengths(length, stride)
            # again after each layer: bias and activation have made padding nonzero, and the next layer would see it
            x_BCT = mask_padding(self.function(layer(x_BCT)), length)
        return x_BCT, length


def _check_strides(strides: Sequence[int]) -> Sequence[int]:
    numbers = isinstance(strides, Sequence) and all(isinstance(stride, int) and stride > 0 for stride in strides)
    if not numbers or not strides:
        raise OptionError(f"strides must be whole numbers of at least 1, one for each layer; given was {strides!r}.")
    return strides


class FrameStacking(TorchModule[SubsamplingOutputs]):
    """Stack neighbouring frames into one, with the channels of all of them.

    The reduction of rate of the pyramids of listen-attend-spell (Chan et al. 2016, arXiv 1508.01211), and of low frame
    rate models (Pundak and Sainath 2016). Groups follow one another without a gap or an overlap; a last group that is
    not full is filled with zeros, and so is what stands behind the end of an utterance. The channels of the first
    frame come first.

    Args:
        factor: frames that become one.

    Example:
        >>> import torch
        >>> y, _ = FrameStacking(factor=2)(x=torch.tensor([[[1.0, 2.0, 3.0]]]))
        >>> y
        tensor([[[1., 3.],
                 [2., 0.]]])
    """

    input_ports = ports(x="B 'A<=Channel:n T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(
        y="B 'A:n*{factor} T:(t-1)//{factor}+1 ; Features",
        y_length=optional("B ; Lengths((t-1)//{factor}+1)", needs=("length",)),
    )

    def __init__(self, *, factor: PositiveInt = 2, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.factor = factor

    def forward(self, x: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return [B, C * factor, t] and, where given, lengths [B], from [B, C, T] and int64 [B]."""
        # a negative number modulo the factor: the frames that the last group lacks
        x_BCT = pad(mask_padding(x, length), (0, -x.shape[-1] % self.factor))
        x_BCtK = x_BCT.unflatten(2, (-1, self.factor))
        stacked_BCt = x_BCtK.permute(0, 3, 1, 2).flatten(1, 2)
        return stacked_BCt, None if length is None else shorten_lengths(length, self.factor)
