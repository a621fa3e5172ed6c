"""Jasper and QuartzNet: one encoder from one description of blocks.

Legend: B batch, C channels, T frames, t frames after striding. Features between layers are zero past the end of each
utterance, so a plain convolution sees zeros there, as it does past the end of the tensor.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Unpack, cast

from torch import Tensor, nn

from nm_asr.encoders.convolution import Convolution, to_image, to_sequence
from nm_asr.encoders.description import BlockDescription, read_blocks
from nm_asr.encoders.masked import MaskedBatchNorm, SqueezeExcite, make_inside_mask
from nm_asr.errors import EncoderError
from nm_core import ModuleOptions, PositiveInt
from nm_core.errors import check_all, did_you_mean
from nm_torch import TorchModule, ports

_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "hardtanh": partial(nn.Hardtanh, 0.0, 20.0, inplace=True),
    "silu": nn.SiLU,
}


def _check_activation(activation: str) -> None:
    if activation not in _ACTIVATIONS:
        raise EncoderError(
            f'activation is "{activation}".{did_you_mean(activation, _ACTIVATIONS)}\n'
            f"  Expected one of {', '.join(_ACTIVATIONS)}."
        )


class JasperEncoderOutputs(NamedTuple):
    """Features of the last block, and the frames of each utterance."""

    encoded: Any
    encoded_len: Any


class JasperEncoder(TorchModule[JasperEncoderOutputs]):
    """Encode spectrograms with blocks of convolutions, batch normalisation and residuals.

    Jasper (Li et al. 2019, arXiv 1904.03288), or QuartzNet where the blocks are separable (Kriman et al. 2019,
    arXiv 1910.10261). Convolutions see zeros past the end of each utterance, and the output is zero there; so in
    evaluation neither padding nor the rest of a batch changes a result. Lengths are integers and follow the same
    formula as the time axis: each stride s turns t frames into (t - 1) // s + 1.

    Args:
        feat_in: bands of the spectrograms.
        blocks: the blocks from input to output, each a mapping with the settings of
            `nm_asr.encoders.description.BlockDescription`; or the name of a preset, such as "quartznet_5x5".
        activation: "relu", "silu" or "hardtanh" (clipped to 0..20).
        mask_statistics: leave padding out of the statistics of batch normalisation in training too.

    Raises:
        EncoderError: an unknown activation or preset, or a block that cannot be built.

    Example:
        >>> import torch
        >>> blocks = [{"filters": 16, "kernel": 5, "stride": 2}, {"filters": 16, "kernel": 5, "residual": True}]
        >>> encoder = JasperEncoder(feat_in=64, blocks=blocks)
        >>> encoded, lengths = encoder(audio_signal=torch.randn(2, 64, 100), length=torch.tensor([100, 61]))
        >>> encoded.shape, lengths
        (torch.Size([2, 16, 50]), tensor([50, 31]))
    """

    input_ports = ports(audio_signal="B Spectrogram:{feat_in} T:t", length="B ; Lengths(t)")
    output_ports = ports(encoded="B Encoded:{feat_out} T:{frames} ; Features", encoded_len="B ; Lengths({frames})")

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int | str]:
        """Return the channels of the output and its frames as an expression over t."""
        blocks = read_blocks(params["blocks"])
        frames = "t"
        for block in blocks:
            frames = block.frames(frames)
        return {"feat_out": blocks[-1].filters, "frames": frames}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check the activation and the blocks."""
        check_all(lambda: _check_activation(params["activation"]), lambda: read_blocks(params["blocks"]))

    def __init__(
        self,
        *,
        feat_in: PositiveInt,
        blocks: str | Sequence[Mapping[str, Any]] = "quartznet_5x5",
        activation: str = "relu",
        mask_statistics: bool = False,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.blocks = nn.ModuleList()
        channels = feat_in
        dense: list[int] = []
        for block in read_blocks(blocks):
            # a dense block adds its own input and those of all dense blocks before it
            dense = [*dense, channels] if block.dense else dense
            added = dense if block.dense else [channels] if block.residual else []
            self.blocks.append(JasperBlock(channels, block, added, activation, mask_statistics))
            channels = block.filters
        self.apply(_init_weights)

    def forward(self, audio_signal: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``[B, C, t]`` and lengths ``[B]`` from ``[B, bands, T]`` and lengths ``[B]``."""
        frames, dtype = audio_signal.shape[-1], audio_signal.dtype
        inside_B11T = make_inside_mask(frames, length, dtype)
        x_BC1T = to_image(audio_signal.masked_fill(inside_B11T.squeeze(2) == 0.0, 0.0))
        dense: list[Tensor] = []
        for block in cast("Iterable[JasperBlock]", self.blocks):
            if block.dense:
                dense.append(x_BC1T)
            before = dense if block.dense else [x_BC1T] * len(block.added)
            if block.stride > 1:  # integers, so that lengths and frames agree to the last one
                length = (length - 1).div(block.stride, rounding_mode="floor") + 1
                frames = (frames - 1) // block.stride + 1
                inside_B11T = make_inside_mask(frames, length, dtype)
            x_BC1T = block(x_BC1T, before, inside_B11T)
        return to_sequence(x_BC1T), length


class JasperBlock(nn.Module):
    """``repeat`` convolutions with normalisation, and the residuals added before the last activation."""

    def __init__(
        self, channels: int, block: BlockDescription, added: Sequence[int], activation: str, mask_statistics: bool
    ) -> None:
        super().__init__()
        self.stride, self.dense = block.stride, block.dense
        self.layers = nn.ModuleList()
        for index in range(block.repeat):
            stride = block.stride if index == 0 else 1
            self.layers.append(ConvolutionLayer(channels, block, stride, mask_statistics))
            channels = block.filters
        self.gate = SqueezeExcite(channels, block.squeeze_excite) if block.squeeze_excite else None
        self.added = nn.ModuleList(Projection(width, block, mask_statistics) for width in added)
        self.activation = _ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(block.dropout) if block.dropout else None

    def forward(self, x_BC1T: Tensor, before: Sequence[Tensor], inside_B11t: Tensor) -> Tensor:
        """Return ``[B, filters, 1, t]``, zero where ``inside_B11t`` is.

        Args:
            x_BC1T: the output of the block before.
            before: the residuals, in the order of the projections.
            inside_B11t: one within each utterance and zero past its end, at the block's own frame rate.
        """
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            x_BC1T = layer(x_BC1T, inside_B11t)
            if index < last:
                x_BC1T = self._activate(x_BC1T, inside_B11t)
        if self.gate is not None:
            x_BC1T = self.gate(x_BC1T, inside_B11t)
        for projection, source_BC1T in zip(self.added, before, strict=True):
            x_BC1T = x_BC1T + projection(source_BC1T, inside_B11t)
        return self._activate(x_BC1T, inside_B11t)

    def _activate(self, x_BC1T: Tensor, inside_B11t: Tensor) -> Tensor:
        # in place: no layer before needs its own output for its gradient; masked first, since every activation keeps 0
        x_BC1T = self.activation(x_BC1T.mul_(inside_B11t))
        return x_BC1T if self.dropout is None else self.dropout(x_BC1T)


class ConvolutionLayer(nn.Module):
    """One convolution, full or separable, and its normalisation."""

    def __init__(self, channels: int, block: BlockDescription, stride: int, mask_statistics: bool) -> None:
        super().__init__()
        kernel, dilation = block.kernel, block.dilation
        self.conv: nn.Module
        if block.separable:
            depthwise = Convolution(channels, channels, kernel, stride=stride, dilation=dilation, groups=channels)
            self.conv = nn.Sequential(depthwise, Convolution(channels, block.filters, 1))
        else:
            self.conv = Convolution(channels, block.filters, kernel, stride=stride, dilation=dilation)
        self.norm = MaskedBatchNorm(block.filters, mask_statistics=mask_statistics)

    def forward(self, x_BC1T: Tensor, inside_B11t: Tensor) -> Tensor:
        """Return ``[B, filters, 1, t]``."""
        x_BC1t: Tensor = self.norm(self.conv(x_BC1T), inside_B11t)
        return x_BC1t


class Projection(nn.Module):
    """The projection of a residual to the width and stride of its block."""

    def __init__(self, channels: int, block: BlockDescription, mask_statistics: bool) -> None:
        super().__init__()
        self.conv = Convolution(channels, block.filters, 1, stride=block.stride)
        self.norm = MaskedBatchNorm(block.filters, mask_statistics=mask_statistics)

    def forward(self, x_BC1T: Tensor, inside_B11t: Tensor) -> Tensor:
        """Return ``[B, filters, 1, t]``."""
        x_BC1t: Tensor = self.norm(self.conv(x_BC1T), inside_B11t)
        return x_BC1t


def _init_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv1d):
        nn.init.xavier_uniform_(module.weight)
