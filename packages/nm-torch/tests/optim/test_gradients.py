"""Unscaling and clipping in one pass, against torch's own."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from nm_torch.optim import clip_gradients, global_norm


def parameters(scale: float, seed: int = 0) -> list[torch.Tensor]:
    """Return parameters of several shapes and types with gradients."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for shape, dtype in [((3, 4), torch.float32), ((5,), torch.float32), ((), torch.float64), ((2, 2), torch.float64)]:
        parameter = torch.zeros(shape, dtype=dtype, requires_grad=True)
        parameter.grad = scale * torch.randn(shape, dtype=dtype, generator=generator)
        made.append(parameter)
    made.append(torch.zeros(3, requires_grad=True))  # one without a gradient
    return made


@settings(max_examples=50)
@given(st.floats(1e-3, 1e3), st.floats(0.01, 100), st.integers(0, 1000))
def test_clipping_is_that_of_torch(scale: float, limit: float, seed: int) -> None:
    """Norm and clipped gradients are those of torch.nn.utils.clip_grad_norm_."""
    ours, theirs = parameters(scale, seed), parameters(scale, seed)
    norm = clip_gradients(ours, max_norm=limit)
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit)
    assert norm is not None
    assert norm.item() == pytest.approx(expected.item(), rel=1e-5)
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-5, atol=0)


@pytest.mark.parametrize("scale", [8.0, torch.tensor(8.0)])
@pytest.mark.parametrize("limit", [None, 0.5])
def test_scaled_gradients_end_as_unscaled_ones(scale: float | torch.Tensor, limit: float | None) -> None:
    """Gradients of a scaled loss are divided first, so norm and clipping are those of the loss itself."""
    scaled, plain = parameters(8.0), parameters(1.0)
    one, other = clip_gradients(scaled, max_norm=limit, scale=scale), clip_gradients(plain, max_norm=limit)
    torch.testing.assert_close(one, other)
    for first, second in zip(scaled, plain, strict=True):
        torch.testing.assert_close(first.grad, second.grad)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_the_norm_tells_what_is_not_finite(bad: float) -> None:
    """One value that is not finite makes the norm so, and finite gradients never do."""
    some = parameters(1.0)
    assert torch.isfinite(clip_gradients(some, max_norm=1.0))
    some[1].grad[2] = bad
    assert not torch.isfinite(clip_gradients(some, max_norm=1.0))


def test_half_precision_does_not_overflow() -> None:
    """The norm of float16 gradients is computed in float32."""
    gradient = torch.full((1000,), 300.0, dtype=torch.float16)
    assert global_norm([gradient]).item() == pytest.approx(300 * math.sqrt(1000), rel=1e-4)


def test_without_gradients_there_is_no_norm() -> None:
    """Nothing to clip is no norm."""
    assert clip_gradients([torch.zeros(2, requires_grad=True)], max_norm=1.0) is None


def test_nothing_is_read_to_the_host_and_operations_do_not_grow() -> None:
    """However many parameters there are, the pass takes the same few operations and no number leaves the device."""

    class Names(TorchDispatchMode):
        def __init__(self) -> None:
            super().__init__()
            self.names: list[str] = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.names.append(str(func))
            return func(*args, **(kwargs or {}))

    def names(count: int) -> list[str]:
        some = [torch.zeros(3, 3, requires_grad=True) for _ in range(count)]
        for parameter in some:
            parameter.grad = torch.ones(3, 3)
        with Names() as mode:
            clip_gradients(some, max_norm=1.0, scale=torch.tensor(2.0))
        return mode.names

    assert names(40) == names(2)
    assert not [name for name in names(2) if "_local_scalar_dense" in name]
