"""A plan lowers to one plain module that computes what its modules compute."""

import copy
import traceback
from typing import Any

import pytest
import torch
from nm_torch_samples import Map, Ragged, TokenLoss, two_losses
from torch import Tensor, nn

from nm_core import CompositeModule, Graph, GraphError, NeuralTypeError, casts, inputs, optional, ports, variadic
from nm_torch import TorchModule, from_torch
from nm_torch.loss import LossAggregator
from nm_torch.lowering import Lowered, lower, may_leave_unused


class Scale(TorchModule):
    """Multiply by a constant, and add a bias where one is given."""

    input_ports = ports(x="B T:t Channel:4", factor={}, bias=optional("B T:t Channel:4"))
    output_ports = ports(y="B T:t Channel:4")

    def forward(self, x: Tensor, factor: float, bias: Tensor | None) -> Tensor:
        """Return x times factor plus bias."""
        return x * factor if bias is None else x * factor + bias


class Sum(TorchModule):
    """The sum of any number of tensors."""

    input_ports = ports(xs=variadic("B T:t Channel:4"))
    output_ports = ports(y="B T:t Channel:4")

    def forward(self, xs: list[Tensor]) -> Tensor:
        """Add them."""
        return torch.stack(xs).sum(0)


class Turned(TorchModule):
    """Takes channels before time."""

    input_ports = ports(x="B Channel:4 T:t")
    output_ports = ports(y="B Channel:4 T:t")

    def forward(self, x: Tensor) -> Tensor:
        """Return the running sum over time."""
        return x.cumsum(2)


def graph() -> tuple[Ragged, Map, Any]:
    """Return a graph with two losses of one net."""
    layer, net = Ragged(), Map()
    return layer, net, two_losses(layer, net)


def test_arguments_and_weights_have_stable_names() -> None:
    """Arguments are called after the data layer's ports, weights after modules; several results are a named tuple."""
    layer = Ragged(name="train_data")
    net = Map(name="encoder")
    lowered = lower(Graph(list(two_losses(layer, net))).plan())

    assert lowered.input_names == (
        "train_data__x",
        "train_data__length",
        "train_data__target",
        "train_data__valid",
    )
    assert lowered.output_names == ("token_loss_loss", "sample_loss_loss")
    assert [name for name, _ in lowered.named_parameters()] == [
        f"encoder.{part}.{kind}" for part in ("first", "second") for kind in ("weight", "bias")
    ]
    batch = layer.load((1, 2))
    assert lowered(**dict(zip(lowered.input_names, batch, strict=False)))._fields == lowered.output_names


def test_it_computes_what_the_modules_compute() -> None:
    """One forward pass equals the eager calls of the same modules, constants, lists and open ports included."""
    layer, net = Ragged(), Map()
    x = layer().x
    y, z = net(x=x)
    scaled = Scale(name="scaled")(x=y, factor=0.5)
    both = Scale(name="both")(x=z, factor=2, bias=scaled)
    out = Sum()(xs=[y, scaled, both])

    lowered = lower(Graph({"out": out}).plan())

    batch = layer.load((3, 5, 6))
    first, second = net(x=batch.x)
    expected = first + 0.5 * first + (2 * second + 0.5 * first)
    torch.testing.assert_close(lowered(batch.x), expected)


def test_one_module_called_twice_shares_its_weights() -> None:
    """Two calls of an instance are two lines over one submodule."""
    layer, again = Ragged(), Scale()
    x = Map()(x=layer().x)[0]
    lowered = lower(Graph({"out": again(x=again(x=x, factor=2.0), factor=3.0)}).plan())
    assert sum(1 for _ in lowered.children()) == 2
    assert "scale_2__y" in type(lowered).__doc__


def test_totals_of_losses_that_leave_the_graph() -> None:
    """With totals a loss that only leaves the graph gives its sum, one that is used further its mean."""
    layer, _, losses = graph()
    batch = layer.load((1, 2, 3))
    means = lower(Graph(list(losses)).plan())(batch.x, batch.length, batch.target, batch.valid)
    totals = lower(Graph(list(losses)).plan(), totals=True)(batch.x, batch.length, batch.target, batch.valid)
    torch.testing.assert_close(totals[0], means[0] * batch.length.sum())
    torch.testing.assert_close(totals[1], means[1] * batch.valid.sum())

    added = lower(Graph(LossAggregator()(losses=list(losses))).plan(), totals=True)
    torch.testing.assert_close(added(batch.x, batch.length, batch.target, batch.valid), sum(means))


def test_a_transpose_cast_is_part_of_the_code() -> None:
    """A visible cast permutes the value on its edge."""
    layer, net = Ragged(), Map()
    y, _ = net(x=layer().x)
    with casts("transpose"):
        out = Turned()(x=y)
    batch = layer.load((4, 5))
    expected = net(x=batch.x)[0].cumsum(1).transpose(1, 2)
    torch.testing.assert_close(lower(Graph(out).plan())(batch.x), expected)


def test_values_are_dropped_after_their_last_use() -> None:
    """No local name outlives its last use."""
    _, _, losses = graph()
    code = type(lower(Graph(list(losses)).plan())).__doc__
    assert "ragged__x = None" in code
    assert "map__y = " in code
    assert code.count("map__outputs = None") == 1


def test_tracebacks_show_the_generated_line() -> None:
    """An error in a module shows the line of the lowered graph that called it."""
    _, net, losses = graph()
    lowered = lower(Graph(list(losses)).plan())
    try:
        lowered(torch.zeros(2, 3, 5, dtype=torch.float64), None, None, None)
    except RuntimeError:
        text = traceback.format_exc()
    assert "map__outputs = map_1.compute(x = ragged__x)" in text
    del net


def test_it_deep_copies() -> None:
    """A copy has weights of its own and computes the same."""
    layer, net, losses = graph()
    lowered = lower(Graph(losses[0]).plan())
    copied = copy.deepcopy(lowered)
    batch = layer.load((1, 2))
    arguments = (batch.x, batch.length, batch.target)
    assert torch.equal(copied(*arguments), lowered(*arguments))
    with torch.no_grad():
        net.first.weight.zero_()
    assert not torch.equal(copied(*arguments), lowered(*arguments))


@pytest.mark.slow
def test_torch_compile_takes_all_of_it() -> None:
    """The whole forward pass is one graph to the compiler."""
    layer, _, losses = graph()
    lowered = lower(Graph(list(losses)).plan())
    batch = layer.load((1, 2, 3))
    arguments = (batch.x, batch.length, batch.target, batch.valid)
    compiled = torch.compile(lowered, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(tuple(compiled(*arguments)), tuple(lowered(*arguments)))


def test_torch_compile_takes_a_wrapped_module() -> None:
    """Values are put in the order of the ports inside the compiler's one graph."""
    ports_xy = {"x": "B Channel:3", "y": "B Channel:3"}
    wrapped = from_torch(nn.Bilinear(3, 3, 2), inputs=ports_xy, outputs={"z": "B Class:2"}, name="pairs")
    free = inputs(**ports_xy)
    lowered = lower(Graph(wrapped(y=free.y, x=free.x)).plan())
    compiled = torch.compile(lowered, fullgraph=True, backend="aot_eager")
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    torch.testing.assert_close(compiled(x, y), wrapped.module(x, y))


def test_hooks_of_modules_run() -> None:
    """Forward hooks that people register on a module are called in the lowered graph."""
    layer, net, losses = graph()
    seen: list[str] = []
    net.register_forward_hook(lambda module, given, result: seen.append(type(module).__name__))
    batch = layer.load((1, 2))
    lower(Graph(losses[0]).plan())(batch.x, batch.length, batch.target)
    assert seen == ["Map"]


def test_a_composite_lends_its_name_to_its_parts() -> None:
    """Weights of a composite's parts are called after it and them."""

    class Pair(CompositeModule):
        """Two maps in a row."""

        input_ports = ports(x="B T:t Channel:3")
        output_ports = ports(y="B T:t Channel:4")

        def __init__(self) -> None:
            super().__init__()
            self.inner = Map(name="inner")

        def build(self, x: Any) -> Any:
            """Call the first."""
            return self.inner(x=x)[0]

    lowered = lower(Graph(Pair()(x=Ragged()().x)).plan())
    assert next(iter(lowered.state_dict())) == "pair.inner.first.weight"


def test_free_inputs_keep_their_names() -> None:
    """The arguments of a graph with free inputs are called as they are."""
    given = inputs(x="B T:t Channel:3")
    lowered = lower(Graph(Map()(x=given)[0]).plan())
    assert lowered.input_names == ("x",)
    assert isinstance(lowered, Lowered)
    assert isinstance(lowered, nn.Module)


def test_an_input_that_may_stay_open_may_come_before_one_that_may_not() -> None:
    """Arguments keep their order; what may stay open is then given as nothing."""
    given = inputs(bias="B T:t Channel:4", x="B T:t Channel:4", last="B T:t Channel:4")
    first = Scale(name="first")(x=given.x, factor=2.0, bias=given.bias)
    lowered = lower(Graph(Scale(name="second")(x=first, factor=1.0, bias=given.last)).plan())
    x = torch.ones(2, 3, 4)

    assert lowered.input_names == ("bias", "x", "last")
    torch.testing.assert_close(lowered(None, x), 2 * x)
    torch.testing.assert_close(lowered(x=x, bias=x, last=x), 4 * x)


def test_nothing_to_lower_is_an_error() -> None:
    """A graph of a data layer alone has no framework segment."""
    with pytest.raises(GraphError, match="nothing that runs in the framework"):
        lower(Graph(Ragged()().x).plan())


def test_sizes_left_open_are_checked_before_the_consumer_runs() -> None:
    """A tensor whose size nobody declared is checked when it comes, and the producer is blamed."""

    class Unsized(TorchModule):
        """Gives channels without saying how many."""

        input_ports = ports(x="B T:t Channel:3")
        output_ports = ports(y="B T:t Channel")

        def __init__(self, *, width: int) -> None:
            super().__init__()
            self.width = width

        def forward(self, x: Tensor) -> Tensor:
            """Return as many ones as told."""
            return torch.ones(*x.shape[:2], self.width, dtype=x.dtype)

    layer = Ragged()
    x, length, target, _, _ = layer()
    batch = layer.load((1, 2))
    good = lower(Graph(TokenLoss()(y=Unsized(width=4)(x=x), target=target, length=length)).plan())
    bad = lower(Graph(TokenLoss()(y=Unsized(width=5)(x=x), target=target, length=length)).plan())

    assert good(batch.x, batch.length, batch.target).isfinite()
    with pytest.raises(NeuralTypeError, match=r"unsized\.y"):
        bad(batch.x, batch.length, batch.target)


def test_unused_weights_are_known_from_the_graph() -> None:
    """An output nobody takes may leave weights without gradient; both heads in use leave none."""
    _, _, losses = graph()
    assert may_leave_unused(Graph(losses[0]).plan())
    assert not may_leave_unused(Graph(list(losses)).plan())


def test_names_that_mean_something_else_in_torch_are_refused() -> None:
    """A module cannot be called like a method of every `nn.Module`; the error says so, where torch's would not."""
    with pytest.raises(GraphError, match=r'"double" has a meaning of its own(.|\n)*name="my_double"'):
        lower(Graph(Map(name="double")(x=inputs(x="B T Channel:3"))[0]).plan())
