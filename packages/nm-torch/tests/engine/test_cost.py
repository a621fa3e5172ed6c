"""What the engine adds to a plain loop: interpreter calls per step, and reads from the device."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from nm_torch_samples import Keep, Map, Ragged, TokenLoss
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from nm_core import Callback, Graph, NeuralModuleFactory, Run
from nm_torch.lowering import lower

BUDGET = 25


class Watch(Callback):
    """A callback that is never due between log points, and overrides what the usual ones do."""

    step_interval = 1_000_000

    def on_step(self, run: Run) -> None:
        """Do nothing."""

    def on_log(self, run: Run, values: Any) -> None:
        """Do nothing."""

    def on_epoch_end(self, run: Run) -> None:
        """Do nothing."""


class Counted(TokenLoss):
    """The token loss with a weight that is a number already."""

    def weight(self, length: Tensor) -> int:
        """Count without reading a tensor."""
        return len(length)


def graph() -> tuple[Ragged, Any]:
    """Return a data layer of 400 samples and a loss."""
    layer, net = Ragged(count=400, batch_size=2), Map()
    x, length, target, _, _ = layer()
    return layer, Counted()(y=net(x=x)[0], target=target, length=length)


def calls(function: Callable[[], Any]) -> int:
    """Return how many Python functions are called and generators resumed."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("clip", [None, 1.0])
def test_calls_per_step_are_within_the_budget(clip: float | None) -> None:
    """At most 25 interpreter calls per step over a plain loop with the same optimizer, with three callbacks."""
    _, loss = graph()
    nf = NeuralModuleFactory()

    def engine(steps: int) -> None:
        nf.train(
            loss, max_steps=steps, log_every=10_000, callbacks=[Watch(), Watch(), Watch()], gradient_clip_norm=clip
        )

    layer, plain_loss = graph()
    model = lower(Graph(plain_loss).plan())
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, fused=True)

    def plain(steps: int) -> None:
        for step, batch in enumerate(layer.epoch()):
            if step == steps:
                break
            model(batch.x, batch.length, batch.target).backward()
            optimizer.step()
            optimizer.zero_grad()

    engine(3)
    plain(3)
    ours = (calls(lambda: engine(63)) - calls(lambda: engine(73))) / 50  # 60 steps, then 10 more
    theirs = (calls(lambda: plain(60)) - calls(lambda: plain(10))) / 50

    assert ours - theirs <= BUDGET, (ours, theirs)


def test_lowering_costs_at_most_a_tenth_of_the_calls_of_a_network_by_hand() -> None:
    """The lowered module calls its parts as directly as a handwritten network does."""
    net, loss = Map(), Counted()
    layer = Ragged()
    x, length, target, _, _ = layer()
    lowered = lower(Graph(loss(y=net(x=x)[0], target=target, length=length)).plan())

    class Hand(nn.Module):
        """The same network as people write it."""

        def __init__(self) -> None:
            super().__init__()
            self.net, self.loss = net, loss

        def forward(self, x: Tensor, length: Tensor, target: Tensor) -> Tensor:
            """Call one part after the other."""
            y, _ = nn.Module.__call__(self.net, x)
            return nn.Module.__call__(self.loss, y=y, target=target, length=length)

    batch = layer.load((1, 2, 3))
    hand = Hand()
    for module in (lowered, hand):
        module(batch.x, batch.length, batch.target)

    ours = calls(lambda: lowered(batch.x, batch.length, batch.target))
    theirs = calls(lambda: hand(batch.x, batch.length, batch.target))
    assert ours <= 1.1 * theirs, (ours, theirs)


class HostReads(TorchDispatchMode):
    """Counts what reads a value from a tensor to the host."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count and go on."""
        self.count += "_local_scalar_dense" in func.name() or "nonzero" in func.name() or func.name() == "equal"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("precision", "per_update"), [("fp32", 0), ("bf16", 0), ("fp16", 1)])
def test_no_value_is_read_between_log_points(precision: str, per_update: int) -> None:
    """No read per update in fp32 and bf16; exactly one in fp16, whether the update is thrown away."""
    layer, net = Ragged(count=40, batch_size=2, double=False), Map(double=False)
    x, length, target, _, _ = layer()
    loss = Counted()(y=net(x=x)[0], target=target, length=length)
    nf = NeuralModuleFactory(precision=precision)

    def read(steps: int) -> int:
        with HostReads() as reads:
            nf.train(loss, max_steps=steps, log_every=10_000, callbacks=[Keep()], gradient_clip_norm=1.0)
        return reads.count

    read(20)  # by then the loss scale fits
    few, many = read(25), read(45)  # 5 and 20 updates; what is read at the end of a piece is read in both

    assert many - few == 15 * per_update
