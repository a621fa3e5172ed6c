"""Convolutions over time, laid out and differentiated for speed on a CPU as well as a GPU.

Legend: B batch, C channels, F filters, T frames, K taps. Between layers a sequence is an image one pixel high,
``[B, C, 1, T]``, because frameworks keep channels innermost for images alone: on a CPU that makes a depthwise
convolution many times faster.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, pad

WIDE = 17
"""The least number of taps for which the weight gradient is faster as a convolution of its own."""


class Convolution(nn.Conv1d):
    """A convolution with an odd kernel, without bias, centred on its frames.

    T frames give (T - 1) // stride + 1. Weights are those of `torch.nn.Conv1d`.
    """

    def __init__(
        self, channels: int, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1, groups: int = 1
    ) -> None:
        padding = dilation * (kernel - 1) // 2
        super().__init__(
            channels, filters, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=False
        )

    def forward(self, x_BC1T: Tensor) -> Tensor:
        """Return ``[B, filters, 1, t]``."""
        weight_FC1K = self.weight.unsqueeze(2)
        stride, padding, dilation = self.stride[0], int(self.padding[0]), self.dilation[0]
        if self._is_wide_depthwise() and _trains_on_cpu(x_BC1T, weight_FC1K):
            return _WideDepthwise.apply(x_BC1T, weight_FC1K, padding, dilation)
        return conv2d(x_BC1T, weight_FC1K, None, (1, stride), (0, padding), (1, dilation), self.groups)

    def _is_wide_depthwise(self) -> bool:
        depthwise = self.groups == self.in_channels == self.out_channels
        return depthwise and self.stride[0] == 1 and self.kernel_size[0] >= WIDE


class _WideDepthwise(torch.autograd.Function):
    """A depthwise convolution of stride 1 whose gradients are depthwise convolutions too.

    The library's own weight gradient takes ten times as long as the convolution itself where the kernel is wide.
    """

    @staticmethod
    def forward(ctx: Any, x_BC1T: Tensor, weight_C11K: Tensor, padding: int, dilation: int) -> Tensor:
        ctx.save_for_backward(x_BC1T, weight_C11K)
        ctx.padding, ctx.dilation = padding, dilation
        return conv2d(x_BC1T, weight_C11K, None, 1, (0, padding), (1, dilation), x_BC1T.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_BC1T: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x_BC1T, weight_C11K = ctx.saved_tensors
        padding, dilation, channels = ctx.padding, ctx.dilation, x_BC1T.shape[1]
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            backwards = weight_C11K.flip(3)
            grad_x = conv2d(grad_BC1T, backwards, None, 1, (0, padding), (1, dilation), channels)
        if ctx.needs_input_grad[1]:
            # Tap k gathers x[t + k * dilation - padding] * grad[t] over t and the batch: the gradient is the kernel.
            image_1CBT = pad(x_BC1T, (padding, padding)).permute(2, 1, 0, 3)
            image_1CBT = image_1CBT.contiguous(memory_format=torch.channels_last)
            kernel_C1BT = grad_BC1T.permute(1, 2, 0, 3)
            grad_weight = conv2d(image_1CBT, kernel_C1BT, None, (1, dilation), 0, 1, channels).permute(1, 2, 0, 3)
        return grad_x, grad_weight, None, None


def to_image(x_BCT: Tensor) -> Tensor:
    """Turn ``[B, C, T]`` into an image one pixel high, ``[B, C, 1, T]``, in the fastest layout for its device."""
    x_BC1T = x_BCT.unsqueeze(2)
    return x_BC1T.contiguous(memory_format=torch.channels_last) if _prefers_channels_last(x_BC1T) else x_BC1T


def to_sequence(x_BC1T: Tensor) -> Tensor:
    """Turn an image one pixel high into ``[B, C, T]``; the gradient has the layout of the image."""
    if _prefers_channels_last(x_BC1T) and not torch.compiler.is_compiling():
        x_BC1T = _SameLayout.apply(x_BC1T)
    return x_BC1T.squeeze(2)


class _SameLayout(torch.autograd.Function):
    """The identity, with a gradient in channels-last layout: in another, batch normalisation is ten times slower."""

    @staticmethod
    def forward(ctx: Any, x_BC1T: Tensor) -> Tensor:
        return x_BC1T.view_as(x_BC1T)

    @staticmethod
    def backward(ctx: Any, grad_BC1T: Tensor) -> Tensor:
        return grad_BC1T.contiguous(memory_format=torch.channels_last)


def _prefers_channels_last(x: Tensor) -> bool:
    """Tell whether channels-last is the faster layout: on a CPU, in float32.

    In bfloat16 torch 2.13 never returns from a wide depthwise convolution of few channels in that layout.
    """
    return x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


def _trains_on_cpu(x_BC1T: Tensor, weight: Tensor) -> bool:
    trains = torch.is_grad_enabled() and weight.requires_grad and not torch.compiler.is_compiling()
    return trains and _prefers_channels_last(x_BC1T)
