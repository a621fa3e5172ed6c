"""With the switch each call is held to the types of its ports, eager and lowered; without it nothing is."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nm_core import Graph, NeuralTypeError, inputs
from nm_torch import TorchModule, checked, lower, ports
from nm_torch.common import Concat, Linear
from nm_torch.errors import UncheckedModuleError


class Halve(TorchModule):
    """Every second frame, or what it is told to give."""

    input_ports = ports(x="B Channel:8 T:t", length="B ; Lengths(t)")
    output_ports = ports(y="B Channel:8 T:(t+1)//2", y_length="B ; Lengths((t+1)//2)")

    def __init__(self) -> None:
        super().__init__()
        self.give: Callable[[Tensor], Tensor] = lambda x: x[:, :, ::2]

    def forward(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Halve the frames."""
        return self.give(x), (length + 1) // 2


GOOD = (torch.zeros(2, 8, 6), torch.tensor([6, 3]))


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ((torch.zeros(2, 6, 8), GOOD[1]), "NM121", "the axes are swapped: pass x.permute(0, 2, 1)"),
        ((torch.zeros(8, 6), GOOD[1]), "NM120", "a batch has one sample here: pass x[None]"),
        ((GOOD[0], torch.tensor([6])), "NM121", "Axis 0 has the size 1"),
        ((GOOD[0], torch.tensor([6.0, 3.0])), "NM122", "Lengths(t) means int"),
        ((GOOD[0], torch.tensor([600, 300])), "NM124", "a length of 600, and axis 2 of x has 6 positions"),
        ((GOOD[0], torch.tensor([6, -3])), "NM124", "a length of -3"),
    ],
)
@pytest.mark.parametrize("by_name", [False, True])
def test_what_is_given_is_checked(args: Any, code: str, says: str, by_name: bool) -> None:
    """Before the module runs, by position and by name."""
    module = Halve()
    module.forward = lambda x, length: pytest.fail("it ran")  # type: ignore[method-assign]
    with checked(module), pytest.raises(NeuralTypeError) as caught:
        module(**dict(zip(("x", "length"), args, strict=True))) if by_name else module(*args)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert says in " ".join(str(caught.value).split())
    assert problem.location.startswith(__file__)


def test_what_comes_out_is_checked_beside_what_went_in() -> None:
    """A module that does not keep its promise is named."""
    module = Halve()
    module.give = lambda x: x[:, :, :2]
    with checked(module), pytest.raises(NeuralTypeError, match=r"Halve|halve") as caught:
        module(*GOOD)
    assert [problem.port for problem in caught.value.problems] == ["y"]


def test_good_calls_give_what_they_give_without() -> None:
    """Also with another shape, and again."""
    module = Halve()
    with checked(module):
        for frames in (6, 7, 6):
            y, y_length = module(torch.zeros(2, 8, frames), torch.tensor([frames, 1]))
            assert y.shape[2] == (frames + 1) // 2
            assert y_length.tolist() == [(frames + 1) // 2, 1]


def test_after_the_block_nothing_is_checked() -> None:
    """And nothing is left on the module."""
    module = Halve()
    with checked(module) as switch:
        assert module._forward_hooks
    switch.remove()
    assert not module._forward_hooks
    assert not module._forward_pre_hooks
    module(torch.zeros(2, 6, 8), GOOD[1])


def test_items_of_lists_are_checked() -> None:
    """Each of them against the port."""
    concat = Concat(axis="Channel", dim=-1)
    xs = [torch.zeros(2, 3, 4), torch.zeros(2, 3)]
    with checked(concat), pytest.raises(NeuralTypeError):
        concat(xs)


def test_modules_inside_of_others_are_checked() -> None:
    """In a network of torch, too."""
    layer = Linear(input_size=8, output_size=2, name="layer")
    network = nn.Sequential(nn.Identity(), layer)
    with checked(network), pytest.raises(NeuralTypeError, match="layer"):
        network(torch.zeros(3, 8, 5))


def test_a_lowered_graph_is_checked_at_its_ends() -> None:
    """What it is given stands for the inputs of the graph, together."""
    free = inputs(x="B Channel:8 T:t", length="B ; Lengths(t)")
    y, y_length = Halve()(x=free.x, length=free.length)
    lowered = lower(Graph({"y": y, "n": y_length}, name="half").plan())
    with checked(lowered):
        assert lowered(*GOOD).y.shape == (2, 8, 3)
        with pytest.raises(NeuralTypeError, match=r"the axes are swapped"):
            lowered(torch.zeros(2, 6, 8), GOOD[1])
        with pytest.raises(NeuralTypeError, match="a length of 600"):
            lowered(x=GOOD[0], length=torch.tensor([600, 1]))


def test_what_has_no_ports_is_refused() -> None:
    """With the way to give it some."""
    with pytest.raises(UncheckedModuleError, match="from_torch"):
        checked(nn.Linear(2, 2))
