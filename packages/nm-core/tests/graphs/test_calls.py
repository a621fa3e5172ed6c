"""Ordered calls: cut out of tensors, named, and recorded once more on other tensors."""

import pytest
from nm_core_samples import Decoder, EncodeDecode, Encoder, Features, Sum

from nm_core import Graph, GraphError, inputs
from nm_core.graphs.calls import OrderedCalls, check_distinct_names, free_name, named_outputs, order_calls
from nm_core.symbols.tensor import Call


def test_calls_come_after_those_they_use() -> None:
    """Depth first from the tensors, in order of ports, each call once; nothing above a cut."""
    spec, length, _, _ = Features()()
    encoded, encoded_length = Encoder()(signal=spec, length=length)
    log_probs, _ = Decoder()(encoded=encoded, length=encoded_length)

    assert [call.module.name for call in order_calls([log_probs, spec], frozenset())] == [
        "features",
        "encoder",
        "decoder",
    ]
    assert [call.module.name for call in order_calls([log_probs], frozenset([encoded, encoded_length]))] == ["decoder"]


def test_further_tensors_bring_calls_that_lead_to_no_output() -> None:
    """As the check of a file wants them, which leaves nothing out in silence."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    first, second = (Encoder(name=name)(signal=spec, length=length) for name in ("first", "second"))
    ends = {"spec": spec, "length": length}

    calls = OrderedCalls({"encoded": first.encoded}, ends, also=[second.encoded])

    assert list(calls.labels.values()) == ["first", "second"]
    assert list(calls.needed) == ["spec", "length"]


def test_names_are_numbered_where_they_are_taken() -> None:
    """The first number that is free, from two on."""
    assert free_name("encoder", []) == "encoder"
    assert free_name("encoder", ["encoder", "encoder_2"]) == "encoder_3"


def test_labels_inside_a_nested_graph_are_its_own_affair() -> None:
    """A label that the graph asked for may come twice where the graph is called twice; labels stay unique."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    encoded = Encoder()(signal=spec, length=length).encoded
    encoded.call.label = "first"
    inner = Graph({"encoded": encoded}, name="inner")

    graph = Graph({"total": Sum()(values=[inner(spec=spec, length=length), inner(spec=spec, length=length)])})

    assert list(inner.labels.values()) == ["first"]
    assert list(graph.labels.values()) == ["encoder", "encoder_2", "sum"]
    assert [call.name for call in graph.calls] == ["first", "first", "sum"]


def test_repeated_calls_are_on_the_same_modules_and_in_scopes_of_their_own() -> None:
    """A composite call is copied once where a graph is repeated, with the tensors that took the place of its own."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    graph = Graph({"log_probs": EncodeDecode()(signal=spec, length=length)})
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")

    (log_probs,) = graph.repeat({"spec": spec, "length": length})

    scopes = {call.scope for call in Graph(log_probs).calls}
    (scope,) = scopes
    assert scope not in {call.scope for call in graph.calls}
    assert scope.outputs == {"log_probs": log_probs}
    assert scope.inputs["signal"] == spec
    assert [call.module for call in Graph(log_probs).calls] == [call.module for call in graph.calls]


def test_a_data_layer_is_not_called_again() -> None:
    """It is one stream, with one call in all graphs."""
    features = Features()
    graph = Graph({"spec": features().spec})

    (spec,) = graph.repeat({})

    assert spec.call is graph.calls[0]


def test_an_output_cannot_be_a_constant() -> None:
    """A graph that passes an input on gives what its caller gave, which must be a tensor."""
    x, y = inputs(x="; Features", y="B C T")
    graph = OrderedCalls({"x": x, "y": y}, {"x": x, "y": y}, name="passing")

    with pytest.raises(GraphError, match=r'The output "x" of passing is an input that is given a constant: 0\.5'):
        graph.repeat({"x": 0.5, "y": y})


def test_outputs_are_symbolic_tensors_with_a_value() -> None:
    """Anything else is refused with its name."""
    _, open_length = Decoder()(encoded=inputs(encoded="B Encoded:32 T:t"))

    with pytest.raises(GraphError, match="at least one output"):
        named_outputs({})
    with pytest.raises(GraphError, match='The output "y" is a int'):
        named_outputs({"y": 1})
    with pytest.raises(GraphError, match="has no value in that call: it needs length to be connected"):
        named_outputs(open_length)


def test_modules_without_weights_may_share_a_name() -> None:
    """Names prefix weights; where there are none nothing can be mixed up."""
    check_distinct_names([Sum(), Sum(), Encoder()])
    with pytest.raises(GraphError, match='Two modules are named "encoder"'):
        check_distinct_names([Encoder(), Encoder()])


def test_nothing_follows_from_a_failed_call() -> None:
    """It has the place of a call that could not be recorded, and its outputs are known to be failed."""
    spec, _ = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")

    call = Call.failed(Encoder(), {"signal": spec})

    assert call.is_failed
    assert (call.types, call.typing.equations, list(call.sources_of_inputs())) == ({}, (), [spec])
    assert call.tensor("encoded").is_failed
    assert not spec.is_failed
