"""Views lower to a permutation or to nothing, and what a run can see of an assumption is checked."""

import copy

import pytest
import torch
from torch import nn

from nm_core import Graph, assume, casts, inputs, transpose
from nm_torch import TorchModule, from_torch, lower, ports
from nm_types import NeuralTypeError


class Frames(TorchModule):
    """A module that sums over the bands of word embeddings."""

    input_ports = ports(x="B WordEmbedding:5 T:t")
    output_ports = ports(y="B T:t")

    def forward(self, x):
        """Sum."""
        return x.sum(1)


def test_a_transposition_lowers_to_one_permutation_and_an_assumption_to_nothing() -> None:
    """No module is registered for them, and a decided graph holds no check."""
    x = inputs(x="B T:t Embedding:5")
    y = Frames()(assume(transpose(x, "B Embedding T"), "B WordEmbedding T"))

    lowered = lower(Graph({"y": y}).plan())

    assert list(dict(lowered.named_modules())) == ["", "frames"]
    assert lowered.__doc__.count("permute((0, 2, 1))") == 1
    assert "check" not in lowered.__doc__
    value = torch.randn(2, 3, 5)
    assert torch.equal(lowered(value), value.sum(2))
    assert torch.equal(copy.deepcopy(lowered)(value), value.sum(2))


def test_a_view_can_leave_a_graph() -> None:
    """The output of a graph may be a view of a value, or of a free input."""
    x = inputs(x="B T:t C:5")
    linear = from_torch(nn.Linear(5, 3), inputs={"input": "B T:t C:5"}, outputs={"output": "B T:t Encoded:3"})
    encoded = linear(x)
    lowered = lower(Graph({"a": transpose(encoded, "B C T"), "b": transpose(x, "T B C")}).plan())
    value = torch.randn(2, 4, 5)

    a, b = lowered(value)

    assert (a.shape, b.shape) == ((2, 3, 4), (4, 2, 5))
    assert torch.equal(b, value.permute(1, 0, 2))


def test_a_wrong_assumption_is_found_before_its_consumer_runs() -> None:
    """The number of the claim is compared with the shape, and the producer is named."""
    x = inputs(x="B Embedding T:t")
    frames = Frames()
    lowered = lower(Graph({"y": frames(assume(x, "B WordEmbedding:5 T"))}).plan())
    ran = []
    frames.register_forward_pre_hook(lambda *_: ran.append(1))

    assert lowered(torch.ones(2, 5, 3)).shape == (2, 3)
    with pytest.raises(NeuralTypeError) as caught:
        lowered(torch.ones(2, 4, 3))
    assert (caught.value.code, caught.value.problems[0].producer) == ("NM121", "inputs.x")
    assert len(ran) == 1


def test_an_assumption_about_anything_is_checked_in_use() -> None:
    """A value of the type {} that is claimed to be a tensor must have its axes, and its family of numbers."""
    x = inputs(x="{}")
    lowered = lower(Graph({"y": assume(x, "B T ; Labels")}).plan())

    assert lowered(torch.ones(2, 3, dtype=torch.int64)).shape == (2, 3)
    for wrong, code in ((torch.ones(2, dtype=torch.int64), "NM120"), (torch.ones(2, 3), "NM122")):
        with pytest.raises(NeuralTypeError, match=code):
            lowered(wrong)


def test_a_cast_and_a_transposition_compute_the_same() -> None:
    """What a policy inserts is what a user would have written."""
    x = inputs(x="B T:t WordEmbedding:5")
    with casts("transpose"):
        implicit = Frames()(x)
    explicit = Frames()(transpose(x, "B WordEmbedding T"))
    value = torch.randn(2, 3, 5)

    assert implicit.type.axes[0].tag == explicit.type.axes[0].tag
    assert torch.equal(*(lower(Graph({"y": y}).plan())(value) for y in (implicit, explicit)))


def test_a_view_is_not_blamed_for_what_it_shows() -> None:
    """The message names who made the value, and through what it was seen."""
    x = inputs(x="B T:t Embedding")
    lowered = lower(Graph({"y": Frames()(assume(transpose(x, "B Embedding T"), "B WordEmbedding T"))}).plan())

    with pytest.raises(NeuralTypeError) as caught:
        lowered(torch.ones(2, 3, 4))
    (problem,) = caught.value.problems
    assert (problem.producer, problem.consumer) == ("inputs.x", "frames")
    assert "seen through assume.y" in str(problem)
    assert "give x values of the shape that frames expects" in str(problem)
