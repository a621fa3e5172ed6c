"""Joining and rearranging: values and types."""

import pytest
import torch

from nm_core import inputs
from nm_torch.common import Add, Concat, Transpose
from nm_torch.common.errors import OptionError
from nm_types import NeuralTypeError


def test_concatenation_adds_sizes_along_its_axis() -> None:
    """The axis of the output has the sum of the sizes and what the tags of the inputs have in common."""
    x = inputs(a="B T:t Spectrogram:64", b="B T:t Encoded:32", c="B T:u Spectrogram:64")

    assert str(Concat()(xs=[x.a, x.b]).type) == "Batch Time:inputs.t Channel:96"
    assert str(Concat(axis="Time", dim=1)(xs=[x.a, x.c]).type).split()[2] == "Spectrogram:64"


@pytest.mark.parametrize(
    ("concat", "names"),
    [(Concat(), "ac"), (Concat(axis="Channel", dim=1), "ab"), (Concat(axis="Time", dim=1), "ab"), (Concat(), "ad")],
)
def test_the_wrong_axis_is_an_error_while_the_graph_is_built(concat: Concat, names: str) -> None:
    """Other axes must agree in size and number, and the axis must have its meaning."""
    x = inputs(a="B T:5 Spectrogram:64", b="B T:5 Encoded:32", c="B T:7 Spectrogram:64", d="B Spectrogram:64")
    with pytest.raises(NeuralTypeError):
        concat(xs=[getattr(x, name) for name in names])


def test_values_are_those_of_torch() -> None:
    """Concatenation, sums and transposes of real tensors."""
    a, b = torch.randn(2, 3, 4), torch.randn(2, 3, 4)

    assert torch.equal(Concat(axis="Time", dim=-2)(xs=[a, b]), torch.cat([a, b], dim=1))
    assert torch.equal(Add()(xs=[a, b, a]), a + b + a)
    assert torch.equal(Transpose(before="B T C", after="C B T")(a), a.permute(2, 0, 1))


def test_a_sum_needs_equal_axes() -> None:
    """Sizes that differ are an error while the graph is built."""
    x = inputs(a="B T:t Encoded:64", b="B T:t Encoded:32")
    assert str(Add()(xs=[x.a, x.a]).type) == "Batch Time:inputs.t Encoded:64"
    with pytest.raises(NeuralTypeError):
        Add()(xs=[x.a, x.b])


def test_a_transpose_keeps_sizes_and_kind() -> None:
    """The type is that of the input with its axes in the other order."""
    x = inputs(x="B T:t Class:9 ; LogProbs")
    turned = Transpose(before="B T Class ; LogProbs", after="T B Class")(x)
    assert str(turned.type) == "Time:inputs.t Batch Class:9 ; LogProbs"


@pytest.mark.parametrize("after", ["B T", "B T H", "B T T", "B T *s"])
def test_a_transpose_has_the_same_axes_on_both_sides(after: str) -> None:
    """An axis that is missing, foreign or doubled is refused."""
    with pytest.raises(OptionError, match="same axes"):
        Transpose(before="B T C", after=after)
