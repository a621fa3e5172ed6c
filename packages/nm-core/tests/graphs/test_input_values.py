"""What is given to a graph is converted and held to the types of its inputs, all values together."""

import math
from typing import Any

import pytest
from nm_core_reference import Linear, Tensor

from nm_core import Graph, NeuralModuleFactory, NeuralTypeError, PortError, inputs
from nm_core.graphs.input_values import find_ragged
from nm_core.plugins import Collection, Collections, hookimpl


class Plugin:
    """A collection with the reference backend."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare no modules."""
        return Collection("ref", "Samples.")

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"plain": "nm_core_reference:ReferenceBackend"}


def factory() -> NeuralModuleFactory:
    """A factory on the reference backend."""
    return NeuralModuleFactory(backend="plain", collections=Collections.load({"ref": Plugin()}, installed=False))


GIVEN: dict[str, Any] = {
    "x": [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]],
    "audio": [[0.5] * 4] * 3,
    "length": [4, 2, 3],
    "labels": [[0, 4], [-1, 1], [2, 3]],
}


@pytest.fixture
def graph() -> Graph:
    """A graph with an input of each kind that has contents to be checked."""
    free = inputs(
        x="B Channel:2",
        audio="B T:t ; AudioSignal(16000)",
        length="B ; Lengths(t)",
        labels="B Token:u ; Labels(5)",
    )
    y = Linear(inputs=2, outputs=1, name="net")(x=free.x)
    return Graph({"y": y, "audio": free.audio, "length": free.length, "labels": free.labels}, name="infer")


def run(graph: Graph, **values: Any) -> dict[str, list[Any]]:
    """Run the graph on values that fit but for those given."""
    return factory().infer(graph, inputs=GIVEN | values).collect()


def refused(graph: Graph, **values: Any) -> NeuralTypeError:
    """The error of values that do not fit."""
    with pytest.raises(NeuralTypeError) as caught:
        run(graph, **values)
    return caught.value


def test_lists_and_tensors_are_taken(graph: Graph) -> None:
    """Whole numbers are floats where floats are due."""
    rows = run(graph, audio=[[0, 1, 0, 1]] * 3)["audio"]
    assert [row.values for row in rows] == [[0.0, 1.0, 0.0, 1.0]] * 3
    assert len(run(graph, x=Tensor.of(GIVEN["x"]))["y"]) == 3


@pytest.mark.parametrize(
    ("values", "code", "port", "says"),
    [
        (
            {"x": [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]},
            "NM121",
            "x",
            "pass numpy.transpose(x, (1, 0))",
        ),
        ({"x": Tensor.of([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])}, "NM121", "x", "the axes are swapped: pass x.T"),
        ({"x": [0.0, 1.0]}, "NM120", "x", "a batch has one sample here: pass [x]"),
        ({"x": [[[0.0, 1.0]], [[1.0, 0.0]], [[1.0, 1.0]]]}, "NM120", "x", "too many: pass numpy.squeeze(x, 1)"),
        ({"length": [4, 2]}, "NM121", "length", "Axis 0 of x has the size 3, and is Batch too"),
        (
            {"length": [64000, 2, 3]},
            "NM124",
            "length",
            "beyond the 4 positions that axis 1 of audio has",
        ),
        ({"length": [4, -1, 3]}, "NM124", "length", "a length of -1"),
        ({"length": [4.0, 2.0, 3.0]}, "NM122", "length", "pass numpy.array(length).astype('int64')"),
        ({"labels": [[0, 5], [-1, 1], [2, 3]]}, "NM124", "labels", "5 classes are 0 to 4"),
        ({"labels": [[0, 4], [-2, 1], [2, 3]]}, "NM124", "labels", "has the label -2"),
        ({"audio": [[0.5, math.nan, 0.5, 0.5]] * 3}, "NM124", "audio", "samples that are not finite"),
        ({"audio": [[0.5, 0.5, 0.5, -math.inf]] * 3}, "NM124", "audio", "samples that are not finite"),
        ({"audio": Tensor.of([[1, 2, 3, 4]] * 3)}, "NM122", "audio", "pass audio.float() / 32768"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_a_way_out(
    graph: Graph, values: dict[str, Any], code: str, port: str, says: str
) -> None:
    """With the code and both types of an edge, and the user's own line."""
    error = refused(graph, **values)
    (problem,) = [problem for problem in error.problems if problem.port == port]

    assert problem.code == code
    assert says in " ".join(str(error).split())
    assert problem.consumer == "infer"
    assert problem.location.rpartition(":")[0] == __file__


def test_one_value_in_another_order_is_the_only_one_to_blame() -> None:
    """Where turning it round mends all, others are not reported as well."""
    free = inputs(x="B T:t Channel:2", labels="B T:t ; Labels(5)")
    error_graph = Graph({"x": free.x, "labels": free.labels})
    with pytest.raises(NeuralTypeError) as caught:
        factory().infer(error_graph, inputs={"x": [[[0.0] * 3] * 2], "labels": [[1, 2, 3]]}).collect()
    assert [problem.port for problem in caught.value.problems] == ["x"]


def test_all_values_that_do_not_fit_are_named_at_once(graph: Graph) -> None:
    """As all bad edges of a call are."""
    error = refused(graph, x=[0.0], labels=[[0.5, 1.0]] * 3)
    assert {problem.port for problem in error.problems} == {"x", "labels"}


def test_contents_are_read_each_time(graph: Graph) -> None:
    """Shapes that fitted are remembered, numbers are not."""
    nf = factory()
    nf.infer(graph, inputs=GIVEN).collect()
    with pytest.raises(NeuralTypeError, match="a length of 5"):
        nf.infer(graph, inputs=GIVEN | {"length": [4, 5, 3]}).collect()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([[0.0, 1.0], [1.0], [1.0, 1.0]], r"the list is ragged: x\[0\] has 2 and x\[1\] has 1"),
        ([[0.0, 1.0], 1.0, [1.0, 1.0]], r"the list is ragged: x\[0\] has 2 and x\[1\] is a number"),
        ("hello", "'hello' is no array of numbers"),
        ([["a", "b"]], "a value of type list is no array of numbers"),
    ],
)
def test_what_is_no_array_says_why(graph: Graph, value: Any, says: str) -> None:
    """Where rows differ, with the two that do."""
    with pytest.raises(PortError, match=f"infer.x: {says}"):
        run(graph, x=value)


def test_an_open_input_is_one_that_was_not_given(graph: Graph) -> None:
    """None stands for no value, which an input that something needs cannot do without."""
    with pytest.raises(PortError, match='"x" was not given'):
        run(graph, x=None)


def test_ragged_rows_are_found_at_any_depth() -> None:
    """The first pair that differs is named."""
    assert find_ragged([[[1], [2]], [[3], [4, 5]]], "x") == "x[1][0] has 1 and x[1][1] has 2"
    assert find_ragged([[1, 2], [3, 4]], "x") is None
