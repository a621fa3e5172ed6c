"""A graph is what leads to the tensors it is asked for, and a plan is that in three parts."""

import gc
import weakref

import pytest
from nm_core_reference import Tensor
from nm_core_samples import Decoder, EncodeDecode, Encoder, Features, Loss, Text

from nm_core import Graph, GraphError, NeuralModule, PortError, casts, inputs, ports, variadic


def speech():
    """Build a small speech graph and return its tensors."""
    spec, length, labels, _ = Features()()
    encoded, encoded_length = Encoder()(signal=spec, length=length)
    log_probs, _ = Decoder()(encoded=encoded, length=encoded_length)
    return spec, length, log_probs, Loss()(log_probs=log_probs, labels=labels), Text()(log_probs=log_probs)


def test_a_graph_holds_ancestors_only() -> None:
    """Branches that lead elsewhere are left out, and calls come after what they use."""
    _, _, _, loss, text = speech()
    names = [call.module.name for call in Graph(loss).calls]
    assert names == ["features", "encoder", "decoder", "loss"]
    assert [call.module.name for call in Graph([loss, text]).calls] == [*names, "text"]


def test_a_plan_has_three_parts() -> None:
    """Sources, then one framework segment with the source tensors it uses, then the host suffix."""
    _, _, log_probs, loss, text = speech()
    plan = Graph({"loss": loss, "text": text}).plan()
    assert [call.module.name for call in plan.sources] == ["features"]
    assert [call.module.name for call in plan.framework] == ["encoder", "decoder", "loss"]
    assert [call.module.name for call in plan.host] == ["text"]
    assert [plan.argument_name(t) for t in plan.framework_inputs] == [
        "features__spec",
        "features__length",
        "features__labels",
    ]
    assert plan.framework_outputs == (loss, log_probs)


def test_every_value_is_dropped_once() -> None:
    """After its last use a value is dropped, outputs never are."""
    _, _, log_probs, loss, _ = speech()
    plan = Graph(loss).plan()
    dropped = [tensor for tensors in plan.last_use.values() for tensor in tensors]
    assert len(dropped) == len(set(dropped))
    assert log_probs in plan.last_use[loss.call]
    assert loss not in dropped


def test_a_cut_leaves_out_what_is_above() -> None:
    """Cut at tensors, a graph has free inputs and no data layer, and runs on values."""
    spec, length, log_probs, *_ = speech()
    graph = Graph({"log_probs": log_probs}, inputs={"spec": spec, "length": length})
    assert [call.module.name for call in graph.calls] == ["encoder", "decoder"]
    assert graph(spec="x", length=2) == ("log_probs", ("encoded", "x"))
    with pytest.raises(PortError, match="needs its inputs length"):
        graph(spec="x")


def test_an_open_path_to_a_data_layer_is_named() -> None:
    """A cut that leaves a data layer reachable is an error that shows the path."""
    spec, _, log_probs, *_ = speech()
    with pytest.raises(GraphError, match=r"features\.length -> encoder"):
        Graph(log_probs, inputs={"spec": spec})


def test_an_input_that_leads_nowhere_is_refused() -> None:
    """A cut at a tensor that the outputs do not need is an error."""
    _, _, log_probs, loss, _ = speech()
    with pytest.raises(GraphError, match="leads to none"):
        Graph(log_probs, inputs={"loss": loss})


def test_free_inputs_need_no_data_layer() -> None:
    """A graph built on typed free inputs is open at them."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    graph = Graph(EncodeDecode()(signal=spec, length=length))
    assert list(graph.inputs) == ["spec", "length"]
    assert graph("x", 1) == ("log_probs", ("encoded", "x"))


def test_a_graph_repeats_its_calls_on_symbols() -> None:
    """Called on symbolic tensors a graph records its calls again, on the same modules."""
    spec, length, log_probs, *_ = speech()
    graph = Graph(log_probs, inputs={"spec": spec, "length": length})
    other_spec, other_length, *_ = Features(name="others")()
    again = graph(spec=other_spec, length=other_length)
    assert again.call.module is log_probs.call.module
    assert [call.module.name for call in Graph(again).calls] == ["others", "encoder", "decoder"]


def test_shared_modules_get_labels_of_their_own() -> None:
    """Two calls of one instance are two nodes with two labels."""
    spec, length, *_ = Features()()
    encoder = Encoder()
    first, second = encoder(spec, length).encoded, encoder(spec, length).encoded
    graph = Graph([first, second])
    assert sorted(graph.labels.values()) == ["encoder", "encoder_2", "features"]
    assert list(graph.outputs) == ["encoder_encoded", "encoder_encoded_2"]


def test_two_modules_with_weights_need_two_names() -> None:
    """Names prefix weights, so equal ones are refused and the fix is shown."""
    spec, length, *_ = Features()()
    with pytest.raises(GraphError, match='name="another_encoder"'):
        Graph([Encoder()(spec, length).encoded, Encoder()(spec, length).encoded])


def test_python_cannot_feed_the_framework() -> None:
    """A host module above a framework module is an error that names both."""

    class Back(NeuralModule):
        """A framework module that takes text."""

        segment = "framework"
        input_ports = ports(text="list[object Text]")
        output_ports = ports(loss="; Loss")

    *_, text = speech()
    with pytest.raises(GraphError, match="text runs in Python"):
        Graph(Back()(text=text)).plan()


def test_long_chains_are_linear_and_need_no_recursion() -> None:
    """A chain far deeper than Python's stack is cut out and ordered."""

    class Same(NeuralModule):
        """A module that gives what it takes."""

        segment = "framework"
        input_ports = ports(x="B T:t")
        output_ports = ports(y="B T:t")

    tensor = inputs(x="B T:t")
    for number in range(3000):
        tensor = Same(name=f"same_{number}")(x=tensor)
    assert len(Graph(tensor).plan().framework) == 3000


def test_nothing_stays_alive() -> None:
    """When its tensors are gone a graph is gone, modules included."""
    tensors = speech()
    graph = Graph(tensors[3])
    gone = [weakref.ref(graph), *(weakref.ref(call) for call in graph.calls), weakref.ref(graph.calls[1].module)]
    del tensors, graph
    gc.collect()
    assert [reference() for reference in gone] == [None] * len(gone)


def test_a_notebook_shows_the_drawing() -> None:
    """As SVG of our own, without any resource from elsewhere."""
    drawing = Graph(Encoder()(*inputs(signal="B Spectrogram:64 T:t", length="B ; Lengths(t)")))._repr_svg_()

    assert drawing.startswith("<svg")
    assert "encoder" in drawing


def test_casts_of_lists_are_applied_to_values() -> None:
    """The item that its edge names is reordered, the others are not."""

    class Add(NeuralModule):
        input_ports = ports(xs=variadic("B Channel:2"))
        output_ports = ports(y="B Channel:2")

        def forward(self, xs):
            return xs[0] + xs[1]

    free = inputs(x="B Channel:2", turned="Channel:2 B")
    with casts("transpose"):
        graph = Graph({"y": Add()(xs=[free.x, free.turned])})

    y = graph(x=Tensor.of([[1.0, 2.0], [3.0, 4.0]]), turned=Tensor.of([[10.0, 20.0], [30.0, 40.0]]))

    assert y.plain() == [[11.0, 32.0], [23.0, 44.0]]
