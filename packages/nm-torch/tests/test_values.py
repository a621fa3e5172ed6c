"""Arrays, tensors and lists become tensors, whatever their memory looks like; facts are read from them."""

import math
from typing import Any

import numpy
import pytest
import torch

from nm_core import Graph, NeuralModuleFactory, NeuralTypeError, PortError, inputs
from nm_torch.common import Linear
from nm_torch.values import convert_value, extremes

ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        numpy.array(ROWS),
        numpy.array(ROWS, order="F"),
        numpy.array(ROWS)[::-1][::-1],
        numpy.array(ROWS, dtype=">f4"),
        numpy.broadcast_to(numpy.array(ROWS), (2, 2)),
        [numpy.array(row) for row in ROWS],
        [torch.tensor(row) for row in ROWS],
        [[numpy.float32(x) for x in row] for row in ROWS],
        torch.tensor(ROWS),
    ],
)
def test_rows_are_the_same_in_every_form(value: Any) -> None:
    """Read-only, reversed and big-endian arrays included."""
    assert convert_value(value, "float").tolist() == ROWS


def test_a_tensor_stays_the_same_object_and_an_array_shares_its_memory() -> None:
    """Nothing is copied without need."""
    tensor, array = torch.zeros(2), numpy.zeros(2, dtype=numpy.float32)
    assert convert_value(tensor, "float") is tensor
    assert convert_value(array, "float").data_ptr() == array.ctypes.data


def test_the_numbers_of_arrays_keep_their_family() -> None:
    """An array says what its numbers are; a list of whole numbers does not."""
    assert convert_value(numpy.arange(3, dtype=numpy.int16), "float").dtype is torch.int16
    assert convert_value([1, 2], "float").dtype is torch.float32
    assert convert_value([1, 2], "int").dtype is torch.int64
    assert convert_value([True], "bool").dtype is torch.bool
    assert convert_value([1, 0], "bool").tolist() == [True, False]
    assert convert_value([2, 0], "bool").dtype is torch.int64


@pytest.mark.parametrize(
    "value",
    [
        [[1.0], [1.0, 2.0]],
        "text",
        [["a"]],
        [None],
        object(),
        [2**70],
        [torch.zeros(1), torch.zeros(2)],
        torch.zeros(2) * 1j,
    ],
)
def test_what_is_no_array_is_refused_with_an_error_of_python(value: Any) -> None:
    """The factory makes the message of them."""
    with pytest.raises((TypeError, ValueError)):
        convert_value(value, "float")


@pytest.mark.parametrize("size", [3, 500])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64, torch.int32, torch.bool])
def test_extremes_are_those_of_python(size: int, dtype: torch.dtype) -> None:
    """For few numbers and for many."""
    value = torch.randint(0, 100, (size,)).to(dtype)
    assert extremes(value) == (min(value.tolist()), max(value.tolist()))


def test_what_is_not_finite_shows_in_the_extremes() -> None:
    """Wherever it stands."""
    for wrong in (math.nan, math.inf, -math.inf):
        for index in range(3):
            value = torch.ones(3)
            value[index] = wrong
            assert not all(map(math.isfinite, extremes(value)))


def test_floats_take_the_type_of_the_weights() -> None:
    """Arrays have 64 bits unless told otherwise, and weights have 32; or the other way round."""
    for dtype in (torch.float32, torch.float64):
        net = Linear(input_size=2, output_size=2, name="net").to(dtype)
        graph = Graph({"y": net(inputs(x="B T:t Channel:2"))}, name="infer")
        for value in (numpy.array([ROWS]), [ROWS], torch.tensor([ROWS]), torch.tensor([ROWS], dtype=torch.float64)):
            (y,) = NeuralModuleFactory(placement="cpu").infer(graph, inputs={"x": value}).collect()["y"]
            assert y.dtype is dtype


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (numpy.zeros((1, 2, 3)), NeuralTypeError, r"the axes are swapped: pass x.transpose\(0, 2, 1\)"),
        (torch.zeros(1, 2, 3), NeuralTypeError, r"the axes are swapped: pass x.permute\(0, 2, 1\)"),
        (numpy.zeros((3, 2)), NeuralTypeError, r"a batch has one sample here: pass x\[None\]"),
        ([[[1.0, 2.0], [3.0]]], PortError, r"ragged: x\[0\]\[0\] has 2 and x\[0\]\[1\] has 1"),
    ],
)
def test_the_way_out_is_in_the_words_of_what_was_given(value: Any, error: type[Exception], says: str) -> None:
    """NumPy transposes, torch permutes."""
    graph = Graph({"y": Linear(input_size=2, output_size=2, name="net")(inputs(x="B T:t Channel:2"))}, name="infer")
    with pytest.raises(error, match=says):
        NeuralModuleFactory(placement="cpu").infer(graph, inputs={"x": value})
