"""Requests carry the graph of their action, which is cut once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nm_core_fake_backend import factory, speech
from nm_core_samples import Count, Text

from nm_core import Callback, Graph, GraphError
from nm_core.actions.requests import EvalRequest, cut
from nm_core.callbacks import EvaluationCallback
from nm_core.graphs import calls


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each walk from tensors to the calls above them."""
    walks: list[str] = []
    ancestors: Callable[..., Iterator[Any]] = calls.order_calls

    def counted(tensors: Any, stop: Any) -> Iterator[Any]:
        walks.append(", ".join(tensor.name for tensor in tensors))
        return ancestors(tensors, stop)

    monkeypatch.setattr(calls, "order_calls", counted)
    return walks


def test_an_action_cuts_its_graph_once(cuts: list[str]) -> None:
    """Training, evaluation and inference each walk once over the calls that they run."""
    nf = factory()
    loss, text = speech()

    nf.train(loss, max_steps=1)
    assert cuts == [loss.name]
    nf.eval(Count(text=text))
    assert cuts[1:] == [text.name]
    nf.infer(text).collect()
    assert cuts[2:] == [text.name]


def test_an_evaluation_of_a_callback_is_cut_once_in_a_run(cuts: list[str]) -> None:
    """What callbacks evaluate is in the request, however often they do, for other metrics of the tensors too."""
    nf = factory()
    loss, text = speech()
    callback = EvaluationCallback(Count(text=text))
    nf.train(loss, callbacks=[callback], max_steps=1)
    request = nf.session.asked[-1]

    assert cuts == [loss.name, text.name]
    assert request.evaluation(callback.metrics) is request.evaluation(list(callback.metrics))
    assert len(cuts) == 2
    other = Count(text=text)
    assert request.evaluation([other]) is request.evaluation([other])
    assert request.evaluation([other]).graph is request.evaluation(callback.metrics).graph
    assert len(cuts) == 2


def test_metrics_share_a_graph(cuts: list[str]) -> None:
    """An evaluation of several metrics has one graph, with each tensor once among its outputs."""
    _, text = speech()

    request = EvalRequest.of([Count(text=text), Count(text=text, name="again")])

    assert (len(cuts), list(request.graph.outputs.values())) == (1, [text])
    with pytest.raises(GraphError, match="needs metrics"):
        EvalRequest.of([])


def test_a_part_of_a_graph_is_what_a_cut_would_give(cuts: list[str]) -> None:
    """Tensors of a graph that was built before take its calls, in an order in which they can run."""
    loss, text = speech()
    whole = Graph([loss, text])
    fresh = Graph(text, name="infer")

    part = cut(text, "infer", [whole])

    assert len(cuts) == 2
    assert (part.name, part.calls, part.labels, part.inputs) == (fresh.name, fresh.calls, fresh.labels, fresh.inputs)
    assert cut(Text()(log_probs=text.call.inputs["log_probs"]), "infer", [whole]).calls != part.calls
    assert len(cuts) == 3


def test_a_callback_without_metrics_needs_no_evaluation() -> None:
    """Only callbacks that name metrics have an evaluation in the request."""
    nf = factory()

    nf.train(speech()[0], callbacks=[Callback()], max_steps=1)

    assert nf.session.asked[-1].evaluations == {}
