"""Precisions resolve against the device, keep delicate operators in float32, and scale losses dynamically."""

import pytest
import torch
from nm_torch_samples import Keep, Map, Ragged, TokenLoss
from torch import Tensor, nn
from torch.nn import functional

from nm_core import NeuralModuleFactory
from nm_torch.errors import NonFiniteLossError, PrecisionError
from nm_torch.precision import LossScale, resolve_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "resolved"),
    [("fp32", "fp32"), ("bf16", "bf16"), ("fp16", "fp16"), ("O0", "fp32"), ("O1", "fp16"), ("O2", "fp16")],
)
def test_names_and_levels(name: str, resolved: str) -> None:
    """Today's names stand for themselves, the levels of older libraries for the same arithmetic."""
    assert resolve_precision(name, CPU).name == resolved


@pytest.mark.parametrize(
    ("name", "advice"), [("O3", 'Use "fp16"'), ("tf32", 'precision="fp32"'), ("fp61", "fp16"), ("half", "fp32, tf32")]
)
def test_what_cannot_be_is_refused_with_advice(name: str, advice: str) -> None:
    """An unknown precision, or one that the device has not, is an error that says what to use."""
    with pytest.raises(PrecisionError, match=advice):
        resolve_precision(name, CPU)


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_softmax_losses_and_normalisations_are_in_float32(name: str) -> None:
    """Matrix products are in the half type; softmax, losses and normalisations widen their inputs."""
    context = resolve_precision(name, CPU).context()
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}[name]
    assert context is not None
    x_BTC = torch.randn(2, 3, 4)
    with context:
        y_BTC = nn.Linear(4, 4)(x_BTC)
        found = {
            "log_softmax": y_BTC.log_softmax(-1).dtype,
            "softmax": torch.softmax(y_BTC, -1).dtype,
            "layer norm": nn.LayerNorm(4)(y_BTC).dtype,
            "batch norm": nn.BatchNorm1d(3)(y_BTC).dtype,
            "cross entropy": functional.cross_entropy(y_BTC[0], torch.tensor([0, 1, 2])).dtype,
            "mse": functional.mse_loss(y_BTC, y_BTC).dtype,
        }
    assert y_BTC.dtype is half
    assert set(found.values()) == {torch.float32}, found
    with context:  # it can be entered again
        assert nn.Linear(4, 4)(x_BTC).dtype is half


@pytest.mark.parametrize("module", [nn.LSTM(4, 3), nn.GRU(4, 3, bidirectional=True), nn.RNN(4, 3), nn.LSTMCell(4, 3)])
def test_recurrent_layers_run_in_fp16_on_the_cpu(module: nn.Module) -> None:
    """Recurrent layers have no float16 kernels on the CPU and compute in float32 there."""
    context = resolve_precision("fp16", CPU).context()
    assert context is not None
    x = torch.randn(2, 4) if isinstance(module, nn.LSTMCell) else torch.randn(5, 2, 4)
    with context:
        result = module(x.half())[0]
    assert result.dtype is torch.float32


class Typed(TokenLoss):
    """Notes the type that its total is computed in."""

    def total(self, y: Tensor, target: Tensor, length: Tensor) -> Tensor:
        """Sum, noting the type."""
        self.seen = y.dtype, torch.is_autocast_enabled("cpu")
        return super().total(y, target, length)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_losses_are_computed_in_float32(precision: str) -> None:
    """A loss module's total sees float32 and no autocast, in training and called by hand."""
    net, layer = Map(double=False), Ragged(double=False)
    x, length, target, _, _ = layer()
    loss = Typed()
    NeuralModuleFactory(precision=precision).train(
        loss(y=net(x=x)[0], target=target, length=length), optimizer="sgd", max_steps=2
    )
    assert loss.seen == (torch.float32, False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        batch = layer.load((1, 2))
        loss(y=batch.target.bfloat16(), target=batch.target, length=batch.length)
    assert loss.seen == (torch.float32, False)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns_what_full_precision_learns(precision: str) -> None:
    """After some updates the loss is that of float32 within the half type's accuracy."""
    ends = []
    for name in ("fp32", precision):
        torch.manual_seed(0)
        net, layer = Map(double=False), Ragged(double=False, batch_size=11)
        x, length, target, _, _ = layer()
        loss = TokenLoss()(y=net(x=x)[0], target=target, length=length)
        nf = NeuralModuleFactory(precision=name)
        nf.train(loss, optimizer={"name": "sgd", "lr": 0.5}, max_steps=40, log_every=1)
        ends.append(nf.train(loss, optimizer={"name": "sgd", "lr": 0.5}, max_steps=41).losses["loss"])
    assert ends[1] == pytest.approx(ends[0], rel=0.03)


def test_an_overflow_skips_the_update_and_halves_the_scale() -> None:
    """Skipped updates change neither weights nor the step count nor the learning rate; they are counted and logged."""
    net, layer = Map(double=False), Ragged(double=False, batch_size=11)
    with torch.no_grad():
        net.second.weight.mul_(1e4)
    x, length, target, _, _ = layer()
    loss = TokenLoss()(y=net(x=x)[1], target=target, length=length)
    keep = Keep()

    result = NeuralModuleFactory(precision="fp16").train(
        loss, optimizer={"name": "sgd", "lr": 1e-6}, max_steps=3, log_every=1, callbacks=[keep]
    )

    assert result.step == 3
    assert result.skipped > 0
    assert keep.steps == [1, 2, 3]
    assert keep.values[-1]["loss_scale"] == 2.0 ** (16 - result.skipped)
    assert keep.values[-1]["skipped"] == result.skipped
    assert keep.values[-1]["loss"] < float("inf")


def test_gradients_that_never_become_finite_are_an_error() -> None:
    """When the smallest scale still overflows, the run ends instead of skipping for ever."""
    net, layer = Map(double=False), Ragged(double=False, batch_size=11)
    x, length, target, _, _ = layer()

    class Infinite(TokenLoss):
        """Adds 0 with a gradient that is not a number."""

        def total(self, y: Tensor, target: Tensor, length: Tensor) -> Tensor:
            return super().total(y, target, length) + (y * 0).abs().sqrt().sum()

    with pytest.raises(NonFiniteLossError, match=r"even at the loss scale(.|\n)*Samples: sample 0, sample 1"):
        NeuralModuleFactory(precision="fp16").train(
            Infinite()(y=net(x=x)[0], target=target, length=length), optimizer="sgd", max_steps=3
        )


def test_the_scale_grows_and_shrinks() -> None:
    """The scale doubles after an interval of good updates, halves at once, and survives in plain data."""
    scale = LossScale(value=8.0, interval=3)
    for _ in range(3):
        scale.update(finite=True)
    assert scale.value == 16.0
    scale.update(finite=False)
    scale.update(finite=True)
    assert (scale.value, scale.good) == (8.0, 1)
    other = LossScale()
    other.load_state(scale.state())
    assert (other.value, other.good) == (8.0, 1)


def test_the_run_says_what_a_precision_costs_here() -> None:
    """fp16 on the CPU is reported as what it is."""
    net, layer = Map(double=False), Ragged(double=False)
    x, length, target, _, _ = layer()
    result = NeuralModuleFactory(precision="fp16").train(
        TokenLoss()(y=net(x=x)[0], target=target, length=length), optimizer="sgd", max_steps=1
    )
    assert any("fp16 on the CPU is for tests" in line for line in result.report)
