"""Fewer frames: values against torch on each utterance alone, types against shapes, lengths that follow."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import conv1d

from nm_core import Graph, ParameterError, inputs
from nm_torch import lower
from nm_torch.common import ConvSubsampling, FrameStacking
from nm_torch.common.errors import OptionError
from nm_types import NeuralTypeError

batches = st.lists(st.integers(1, 13), min_size=1, max_size=4)


def alone(subsampling: ConvSubsampling, x_1CT: Tensor) -> Tensor:
    """Return the result of torch's own convolutions for one utterance without padding."""
    for layer, stride in zip(subsampling.layers, subsampling.strides, strict=True):
        x_1CT = conv1d(x_1CT, layer.weight, layer.bias, stride=stride, padding=layer.kernel_size[0] // 2).relu()
    return x_1CT


@given(batches, st.sampled_from([(1,), (2,), (3, 2), (2, 2, 2)]), st.sampled_from([1, 3, 5]))
def test_an_utterance_of_a_batch_is_as_torch_has_it_alone(
    lengths: list[int], strides: tuple[int, ...], kernel: int
) -> None:
    """Whatever stands behind its end and beside it: values, lengths, and zeros behind the end."""
    subsampling = ConvSubsampling(input_size=3, output_size=4, strides=strides, kernel_size=kernel)
    x_BCT = torch.randn(len(lengths), 3, max(lengths))

    y, y_length = subsampling(x=x_BCT, length=torch.tensor(lengths))

    for row, length in enumerate(lengths):
        expected_Ct = alone(subsampling, x_BCT[row : row + 1, :, :length])[0]
        frames = expected_Ct.shape[1]
        assert y_length[row] == frames
        torch.testing.assert_close(y[row, :, :frames], expected_Ct)
        assert not y[row, :, frames:].any()


def test_without_lengths_every_frame_is_real() -> None:
    """The convolutions of the whole tensor, and no lengths."""
    subsampling = ConvSubsampling(input_size=3, output_size=4)
    x_BCT = torch.randn(2, 3, 11)

    y, y_length = subsampling(x=x_BCT)

    torch.testing.assert_close(y, alone(subsampling, x_BCT))
    assert y_length is None


@given(batches, st.integers(1, 5))
def test_stacked_frames_stand_in_order(lengths: list[int], factor: int) -> None:
    """Frame j of a group holds its channels at j times their number; what is behind the end is zero."""
    x_BCT = torch.randn(len(lengths), 3, max(lengths))

    y, y_length = FrameStacking(factor=factor)(x=x_BCT, length=torch.tensor(lengths))

    assert y.shape == (len(lengths), 3 * factor, -(-max(lengths) // factor))
    for row, length in enumerate(lengths):
        assert y_length[row] == -(-length // factor)
        for position in range(y.shape[2] * factor):
            group, at = divmod(position, factor)
            expected_C = x_BCT[row, :, position] if position < length else torch.zeros(3)
            assert torch.equal(y[row, 3 * at : 3 * at + 3, group], expected_C)


@given(st.integers(1, 40), st.sampled_from([(1,), (2,), (3,), (2, 2), (3, 2), (2, 3, 2)]))
def test_the_formula_of_the_type_is_that_of_the_shapes(frames: int, strides: tuple[int, ...]) -> None:
    """One division by the product of the strides is what layer after layer makes of a number of frames."""
    subsampling = ConvSubsampling(input_size=1, output_size=1, strides=strides)
    x = inputs(x=f"B:1 Channel:1 T:{frames}", length=f"B:1 ; Lengths({frames})")

    y, y_length = subsampling(x=x.x, length=x.length)

    result = subsampling(x=torch.zeros(1, 1, frames)).y.shape[2]
    assert str(y.type) == f"Batch:1 Encoded:1 Time:{result} ; Features"
    assert str(y_length.type) == f"Batch:1 ; Lengths({result})"


def test_stacking_keeps_what_the_channels_mean() -> None:
    """Channels are multiplied and frames divided, under the tags of the input."""
    x = inputs(x="B Spectrogram:80 T:t", length="B ; Lengths(t)")

    y, y_length = FrameStacking(factor=4)(x=x.x, length=x.length)

    assert str(y.type) == "Batch Spectrogram:320 Time:(inputs.t+3)//4 ; Features"
    assert str(y_length.type) == "Batch ; Lengths((inputs.t+3)//4)"


@pytest.mark.parametrize(
    ("module", "wrong", "code"),
    [
        ("conv", {"x": "later", "length": "length"}, "NM108"),
        ("conv", {"x": "x", "length": "words"}, "NM107"),
        ("conv", {"x": "turned", "length": "length"}, "NM104"),
        ("conv", {"x": "text", "length": "words"}, "NM101"),
        ("conv", {"x": "wide"}, "NM105"),
        ("stack", {"x": "later", "length": "length"}, "NM108"),
        ("stack", {"x": "turned"}, "NM104"),
    ],
)
def test_wrong_connections_are_errors_while_the_graph_is_built(module: str, wrong: dict[str, str], code: str) -> None:
    """Old or foreign lengths, another order of the axes, positions of text, another number of channels."""
    result = {"conv": ConvSubsampling(input_size=8, output_size=8), "stack": FrameStacking()}[module]
    free = inputs(
        x="B C:8 T:t",
        length="B ; Lengths(t)",
        later="B C:8 T:(t+1)//2",
        words="B ; Lengths(u)",
        turned="B T:t C:8",
        text="B C:8 Token:u",
        wide="B C:9 T:t",
    )
    with pytest.raises(NeuralTypeError) as caught:
        result(**{port: getattr(free, name) for port, name in wrong.items()})
    assert [problem.code for problem in caught.value.problems] == [code]


def test_subsampled_features_and_lengths_go_on_together() -> None:
    """A second subsampling takes both, and nothing is left to check when the graph runs."""
    free = inputs(x="B Spectrogram:8 T:t", length="B ; Lengths(t)")
    first = ConvSubsampling(input_size=8, output_size=6, name="first")
    second = FrameStacking(factor=3)
    y, y_length = first(x=free.x, length=free.length)
    z, z_length = second(x=y, length=y_length)
    assert not z.call.typing.deferred
    assert not z.call.typing.unchecked
    graph = Graph(outputs={"z": z, "n": z_length}, inputs={"x": free.x, "length": free.length})

    result = lower(graph.plan())(torch.randn(2, 8, 25), torch.tensor([25, 13]))

    assert result.z.shape == (2, 18, 3)
    assert result.n.tolist() == [3, 2]


@pytest.mark.parametrize(
    "wrong", [{"strides": ()}, {"strides": (2, 0)}, {"strides": 2}, {"kernel_size": 4}, {"function": "rleu"}]
)
def test_impossible_parameters_are_refused(wrong: dict[str, object]) -> None:
    """The message names the parameter."""
    with pytest.raises((OptionError, ParameterError), match=next(iter(wrong))):
        ConvSubsampling(**{"input_size": 3, "output_size": 4, **wrong})
