"""Pooling over one axis: values, types and padding."""

import pytest
import torch

from nm_core import Graph, ParameterError, inputs
from nm_torch import lower
from nm_torch.common import Pooling
from nm_torch.common.errors import OptionError
from nm_types import NeuralTypeError


@pytest.mark.parametrize(("type", "dim"), [("B C:4 T:t", 2), ("B T:t C:4", 1), ("B H:2 T:t C:4", 2), ("B T:t", 1)])
@pytest.mark.parametrize("function", ["mean", "max", "sum"])
def test_a_graph_finds_the_axis_by_its_tag(type: str, dim: int, function: str) -> None:
    """At any rank: padding behind the ends takes no part, and the axis is gone from the type."""
    free = inputs(x=type, lengths="B ; Lengths(t)")
    pooled = Pooling(function=function)(x=free.x, lengths=free.lengths)
    graph = Graph(outputs={"y": pooled}, inputs=free._asdict())
    shape = [{"B": 2, "C:4": 4, "H:2": 2, "T:t": 7}[axis] for axis in type.split()]
    x = torch.randn(shape)

    y = lower(graph.plan())(x, torch.tensor([7, 3]))

    for sample, end in enumerate((7, 3)):
        real = x[sample].narrow(dim - 1, 0, end)
        expected = real.amax(dim - 1) if function == "max" else getattr(real, function)(dim - 1)
        torch.testing.assert_close(y[sample], expected)
    rest = [axis for axis in free.x.type.axes if axis.tag.name != "Time"]
    assert str(pooled.type) == f"{' '.join(map(str, rest))} ; Features"
    assert not pooled.call.typing.deferred
    assert not pooled.call.typing.unchecked


def test_without_lengths_all_positions_are_real() -> None:
    """As torch does, on values and in graphs."""
    x = torch.randn(2, 3, 5)

    assert torch.equal(Pooling(dim=1)(x=x), x.mean(1))
    assert torch.equal(Pooling(function="max")(x=x, dim=-1), x.amax(-1))
    with pytest.raises(ParameterError, match="dim=1"):
        Pooling()(x=x)


@pytest.mark.parametrize("function", ["mean", "max", "sum"])
def test_a_sample_without_positions_gives_zeros(function: str) -> None:
    """No nan, no infinity, and no gradient that is none."""
    x = torch.randn(2, 3, requires_grad=True)
    y = Pooling(function=function, dim=1)(x=x, lengths=torch.tensor([3, 0]))
    y.sum().backward()

    assert y[1] == 0
    assert x.grad is not None
    assert torch.equal(x.grad[1], torch.zeros(3))


def test_a_value_without_the_axis_is_refused() -> None:
    """So are one with two of it, lengths of another axis, and a first axis that is no batch."""
    x = inputs(x="B C:4", two="B T:3 T:4", good="B T:t C", lengths="B ; Lengths(u)", u="B Token:u", turned="T C")
    for wrong in (x.x, x.two, x.turned):
        with pytest.raises(NeuralTypeError, match="NM112"):
            Pooling()(x=wrong)
    assert str(Pooling(dim=2)(x=x.two).type) == "Batch Time:3 ; Features"


def test_kinds_and_impossible_parameters() -> None:
    """A kind that is named goes through; messages say what there is."""
    x = inputs(x="B T:3 Class:5 ; Logits")
    assert str(Pooling(kind="Logits")(x=x).type) == "Batch Class:5 ; Logits"
    with pytest.raises(OptionError, match=r'"men".*mean'):
        Pooling(function="men")
    with pytest.raises(OptionError, match="where the batch stands"):
        Pooling(dim=0)
