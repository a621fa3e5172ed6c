"""The fast convolution computes what torch's does, gradients included."""

import pytest
import torch
from torch import nn

from nm_asr.encoders.convolution import WIDE, Convolution, to_image, to_sequence


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "depthwise"),
    [(1, 1, 1, False), (5, 2, 1, False), (5, 1, 2, True), (WIDE, 1, 1, True), (21, 1, 2, True), (33, 2, 1, True)],
)
def test_values_and_gradients_are_torchs(kernel: int, stride: int, dilation: int, depthwise: bool) -> None:
    """Output, input gradient and weight gradient are those of a plain Conv1d in float64 with the same weights."""
    channels, filters = 6, 6 if depthwise else 4
    groups = channels if depthwise else 1
    fast = Convolution(channels, filters, kernel, stride=stride, dilation=dilation, groups=groups)
    padding = dilation * (kernel - 1) // 2
    plain = nn.Conv1d(
        channels, filters, kernel, stride, padding, dilation=dilation, groups=groups, bias=False, dtype=torch.float64
    )
    plain.load_state_dict(fast.state_dict())
    x = torch.randn(3, channels, 50, dtype=torch.float64)
    x_fast, x_plain = x.float().requires_grad_(), x.clone().requires_grad_()

    out_fast = to_sequence(fast(to_image(x_fast)))
    out_plain = plain(x_plain)
    weight = torch.randn_like(out_plain)
    (out_fast * weight.float()).sum().backward()
    (out_plain * weight).sum().backward()

    assert out_fast.shape == out_plain.shape == (3, filters, (50 - 1) // stride + 1)
    torch.testing.assert_close(out_fast.double(), out_plain, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(x_fast.grad.double(), x_plain.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fast.weight.grad.double(), plain.weight.grad, rtol=1e-4, atol=1e-4)


def test_a_frozen_weight_gets_no_gradient() -> None:
    """Freezing a wide depthwise convolution leaves the gradient of its input."""
    conv = Convolution(4, 4, 33, groups=4)
    conv.weight.requires_grad_(False)
    x = torch.randn(2, 4, 40, requires_grad=True)

    conv(to_image(x)).sum().backward()

    assert conv.weight.grad is None
    assert x.grad.abs().sum() > 0


def test_an_input_without_gradient_is_fine() -> None:
    """The first layer's input needs no gradient; its weight has one."""
    conv = Convolution(4, 4, 33, groups=4)

    conv(to_image(torch.randn(2, 4, 40))).sum().backward()

    assert conv.weight.grad.abs().sum() > 0


@pytest.mark.timeout(20)
def test_precision_of_the_surroundings() -> None:
    """Under autocast the convolution computes and learns in bfloat16, and double weights work as well."""
    conv = Convolution(4, 4, 33, groups=4)
    x = torch.randn(2, 4, 40)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = to_sequence(conv(to_image(x)))
    half.float().square().sum().backward()
    assert half.dtype == torch.bfloat16
    assert conv.weight.grad.isfinite().all()
    torch.testing.assert_close(half.float(), to_sequence(conv(to_image(x))), rtol=0.05, atol=0.05)
    assert conv.double()(to_image(x.double())).dtype == torch.float64
