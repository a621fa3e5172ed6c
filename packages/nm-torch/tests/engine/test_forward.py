"""Evaluation and inference: every sample once, host modules on CPU copies, nothing left changed."""

from typing import Any

import pytest
import torch
from nm_torch_samples import Keep, Map, Mean, Ragged, Upper, two_losses
from torch import Tensor

from nm_core import Graph, GraphError, NeuralModuleFactory, PortError, inputs
from nm_torch.data import SampleError, UnreadableSamplesWarning
from nm_torch.errors import EvaluationError


@pytest.mark.parametrize("count", [1, 2, 7])
def test_evaluation_sees_each_sample_once(count: int) -> None:
    """Shuffling and drop_last of the data layer do not change what is evaluated."""
    layer = Ragged(count=count, batch_size=2, shuffle=True, drop_last=True)
    scores = NeuralModuleFactory().eval(Mean(value=layer().index))
    assert scores == {"mean": sum(range(count)) / count, "count": float(count)}


def test_metrics_of_several_data_layers_keep_their_names() -> None:
    """Scores with one name are told apart by the names of their metrics."""
    first, second = Ragged(count=3, name="first"), Ragged(count=5, name="second")
    scores = NeuralModuleFactory().eval([Mean(value=first().index, name="a"), Mean(value=second().index, name="b")])
    assert scores == {"a.mean": 1.0, "a.count": 3.0, "b.mean": 2.0, "b.count": 5.0}


def test_evaluating_twice_gives_the_same() -> None:
    """A metric forgets what an earlier evaluation saw; callbacks hear of the scores."""
    metric, keep = Mean(value=Ragged(count=3)().index), Keep()
    nf = NeuralModuleFactory()
    assert nf.eval(metric) == nf.eval(metric, callbacks=[keep])
    assert keep.events == ["start", "finished"]


def test_max_batches_bounds_an_evaluation() -> None:
    """Only so many micro-batches are seen."""
    scores = NeuralModuleFactory().eval(Mean(value=Ragged(count=9, batch_size=2)().index), max_batches=2)
    assert scores["count"] == 4.0


def test_records_come_per_sample_in_order() -> None:
    """Inference yields one record per sample, in the order of the samples, with values of modules and of the data."""
    net, layer = Map(), Ragged(count=5, batch_size=2, shuffle=True)
    x, _, _, _, index = layer()
    y, _ = net(x=x)

    records = NeuralModuleFactory().infer({"word": Upper()(y=y), "number": index, "y": y})
    first = next(records)
    rest = records.collect()

    assert set(first) == {"word", "number", "y"}
    assert [int(first["number"]), *map(int, rest["number"])] == [0, 1, 2, 3, 4]
    for number, word, y_TK in zip(rest["number"], rest["word"], rest["y"], strict=True):
        alone = net(x=layer.load([int(number)]).x)[0].detach()
        torch.testing.assert_close(y_TK[: alone.shape[1]], alone[0])
        assert word == ("up" if float(alone[0, 0].sum()) > 0 else "down")
        assert not y_TK.requires_grad


def test_inference_is_lazy_and_leaves_nothing_changed() -> None:
    """Nothing is computed before it is asked for; between records modes and generators are the caller's."""
    net = Map(dropout=0.5)
    net.train()
    layer = Ragged(count=4, batch_size=1)
    before = torch.get_rng_state()

    records = NeuralModuleFactory().infer(net(x=layer().x)[0])
    next(records)

    assert net.training
    assert net.dropout.training
    assert torch.equal(torch.get_rng_state(), before)


def test_callbacks_hear_of_an_inference() -> None:
    """They are told of its start and its end, also when nobody asks for the rest of the records."""
    all_of_it, some_of_it = Keep(), Keep()
    tensor, nf = Ragged(count=3)().index, NeuralModuleFactory()
    nf.infer(tensor, callbacks=[all_of_it]).collect()
    records = nf.infer(tensor, callbacks=[some_of_it])
    next(records)
    del records
    assert all_of_it.events == ["start", "finished"]
    assert some_of_it.events == ["start", "stopped: no more records were asked for"]


def test_a_graph_with_free_inputs_takes_values() -> None:
    """Values given by name make one micro-batch; the records are its rows."""
    net = Map()
    given = inputs(x="B T:t Channel:3")
    graph = Graph({"word": Upper()(y=net(x=given)[0])})
    x_BTC = torch.randn(3, 2, 3, dtype=torch.float64)

    found = NeuralModuleFactory().infer(graph, inputs={"x": x_BTC.numpy()}).collect()

    assert found["word"] == Upper()(y=net(x=x_BTC)[0].detach())


def test_inputs_beside_a_data_layer_are_an_error() -> None:
    """A graph is driven by a data layer or by given values."""
    net, layer = Map(), Ragged()
    with pytest.raises(PortError, match="no free inputs; its data layers drive it"):
        NeuralModuleFactory().infer(net(x=layer().x)[0], inputs={"x": torch.zeros(1)}).collect()
    driven, given = net(x=layer().x)[0], net(x=inputs(x="B T:t Channel:3"))[0]
    with pytest.raises(GraphError, match="a path from ragged is open"):
        NeuralModuleFactory().infer({"driven": driven, "given": given}, inputs={"x": torch.zeros(1)}).collect()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_host_values_are_never_half(precision: str) -> None:
    """What leaves the framework segment is widened to float32, which Python code can read."""
    net, layer = Map(double=False), Ragged(double=False, count=3)
    rows = NeuralModuleFactory(precision=precision).infer(net(x=layer().x)[1]).collect()["z"]
    assert {row.dtype for row in rows} == {torch.float32}


def test_unreadable_samples_are_left_out_of_records() -> None:
    """A sample that cannot be read has no record, and is listed on its data layer."""

    class Torn(Ragged):
        """Sample 2 cannot be read."""

        def sample(self, index: int, random: object) -> tuple[Tensor, Tensor, int]:
            if index == 2:
                raise SampleError("torn")
            return super().sample(index, random)

    layer = Torn(count=5, batch_size=2)
    with pytest.warns(UnreadableSamplesWarning, match="1 of 5 samples(.|\n)*sample 2: torn"):
        numbers = NeuralModuleFactory().infer(layer().index).collect()["index"]
    assert [int(number) for number in numbers] == [0, 1, 3, 4]
    assert layer.unreadable == {2: "torn"}

    result = NeuralModuleFactory().train(list(two_losses(layer, Map())), optimizer="sgd", max_epochs=2)
    assert any("1 sample of torn could not be read" in line for line in result.report)
    assert result.samples == 8


def test_an_evaluation_over_nothing_is_an_error() -> None:
    """A score of no sample is neither 0 nor anything else: where all that is asked for is unreadable, it is refused."""

    class Broken(Ragged):
        """Cannot read its first samples."""

        def sample(self, index: int, random: Any) -> Any:
            """Refuse."""
            if index < 2:
                raise SampleError(f"{index} is damaged")
            return super().sample(index, random)

    metric = Mean(value=Broken(count=4, batch_size=2)().index)
    with (
        pytest.warns(UnreadableSamplesWarning),
        pytest.raises(EvaluationError, match=r"mean: no sample of broken was evaluated(.|\n)*4 samples; 2 cannot"),
    ):
        NeuralModuleFactory().eval(metric, max_batches=1)
