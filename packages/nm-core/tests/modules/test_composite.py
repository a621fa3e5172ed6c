"""A graph is a module: it has ports, it nests, and nesting changes nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nm_core_samples import Decoder, Encoder, Features, Loss

from nm_core import (
    CompositeModule,
    Graph,
    ModuleDeclarationError,
    NeuralModule,
    NeuralTypeError,
    NmError,
    inputs,
    optional,
    ports,
    variadic,
)
from nm_core.graphs.graph_module import GraphModule


class Half(NeuralModule):
    """Keeps every other frame."""

    segment = "framework"
    input_ports = ports(x="B C T:t")
    output_ports = ports(y="B C T:(t+1)//2")

    def forward(self, x: Any) -> Any:
        """Take every other one."""
        return [[row[::2] for row in rows] for rows in x]


class Sum(NeuralModule):
    """Adds values of one shape."""

    segment = "framework"
    input_ports = ports(xs=variadic("*s"))
    output_ports = ports(y="*s")

    def forward(self, xs: Any) -> Any:
        """Add."""
        return [
            [list(map(sum, zip(*row, strict=True))) for row in zip(*rows, strict=True)]
            for rows in zip(*xs, strict=True)
        ]


def signature(graph: Graph) -> tuple[dict[str, str], dict[str, str]]:
    """The ports of a graph as text."""
    sides = graph.signature.inputs, graph.signature.outputs
    inner, outer = ({name: str(port.type) for name, port in side.items()} for side in sides)
    return inner, outer


def test_the_ports_of_a_graph_follow_from_its_calls() -> None:
    """Names of sizes relate outputs to inputs."""
    x = inputs(x="B C:c T:t")

    assert signature(Graph({"y": Half()(Half()(x))})) == (
        {"x": "Batch Channel:c Time:t"},
        {"y": "Batch Channel Time:(t+3)//4"},
    )


def test_equations_inside_are_constraints_outside() -> None:
    """Two inputs that are added must be equally large, and a module inside may fix a size."""
    x, z = inputs(x="B Spectrogram T:t", z="B Spectrogram T:u")
    added = Sum()(xs=[x, z])
    encoded, _ = Encoder(size=64)(signal=added, length=inputs(n="B ; Lengths(v)"))

    inner, _ = signature(Graph({"y": added}, inputs={"x": x, "z": z}))

    assert inner["x"] == inner["z"]
    narrowed, _ = signature(Graph({"y": encoded}))
    assert narrowed["x"].startswith("Batch Spectrogram:64 Time:")


def test_a_piece_means_what_its_consumers_ask_for() -> None:
    """Cut out of a bigger graph, a decoder takes any encoder's output; its sizes are those it had."""

    class Sizes(NeuralModule):
        segment = "framework"
        input_ports = ports(x="B Channel T:t")
        output_ports = ports(y="B T:t")

    spec, *_ = Features(size=64)()
    graph = Graph({"y": Sizes()(spec)}, inputs={"spec": spec})

    assert signature(graph) == ({"spec": "Batch Channel:64 Time:t"}, {"y": "Batch Time:t"})
    assert signature(Graph({"y": Sizes()(inputs(x="B Spectrogram T"))}))[0] == {"x": "Batch Spectrogram Time:n"}


def test_a_graph_is_called_as_the_module_that_it_is() -> None:
    """A bad connection is shown at the graph's own port, before anything inside is looked at."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    graph = Graph({"encoded": Encoder()(spec, length).encoded}, name="front")
    other, other_length = inputs(other="B T:t Spectrogram:64", other_length="B ; Lengths(t)")

    with pytest.raises(NeuralTypeError) as caught:
        graph(spec=other, length=other_length)
    (problem,) = caught.value.problems
    assert (problem.code, problem.consumer, problem.port) == ("NM104", "front", "spec")


def test_a_graph_in_a_graph_keeps_its_name_and_shares_its_modules() -> None:
    """The calls are those of its modules, and all of them came out of one composite call per use."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    encoder = Encoder()
    front = Graph({"encoded": encoder(spec, length).encoded}, name="front")
    s, n, labels, _ = Features()()

    outer = Graph(Loss()(log_probs=Decoder()(encoded=front(spec=s, length=n)).log_probs, labels=labels))
    twice = Graph({"a": front(s, n), "b": front(s, n)})

    assert [call.module.name for call in outer.calls] == ["features", "encoder", "decoder", "loss"]
    assert outer.modules["encoder"] is encoder
    scopes = [call.scope for call in twice.calls if call.scope is not None]
    assert len(set(map(id, scopes))) == 2
    assert {id(scope.module) for scope in scopes} == {id(front.module)}
    assert isinstance(front.module, GraphModule)


class Twice(CompositeModule):
    """Halves twice; its ports are a parameter of the test."""

    input_ports = ports(x="B C T:t")
    output_ports = ports(y="{}")

    @staticmethod
    def ports_of(params: Any) -> Any:
        """Promise what is asked for."""
        return ports(x="B C T:t"), ports(y=params["promise"])

    def __init__(self, *, promise: str) -> None:
        self.first, self.second = Half(name="first"), Half(name="second")

    def build(self, x: Any) -> Any:
        """Halve twice."""
        return self.second(self.first(x))


@pytest.mark.parametrize("promise", ["B C T:(t+3)//4", "B C T", "{}", "B C T:s"])
def test_a_composite_may_promise_less_than_it_gives(promise: str) -> None:
    """Outside, what really comes out counts."""
    assert str(Twice(promise=promise)(inputs(x="B C:3 T:10")).type) == "Batch Channel Time:3"


@pytest.mark.parametrize(
    ("promise", "code"),
    [("B C T:(t+1)//2", "NM108"), ("B T C", "NM104"), ("B Spectrogram T", "NM103"), ("B C T:t ; Logits", "NM108")],
)
def test_a_composite_that_promises_more_than_it_gives_is_refused(promise: str, code: str) -> None:
    """The author reads which port, and what came out instead."""
    with pytest.raises(ModuleDeclarationError, match=f"(?s)Twice.build gives other than.*{code}.*twice.y"):
        Twice(promise=promise)(inputs(x="B C T:t"))


class Perhaps(CompositeModule):
    """A decoder, and its loss where there are labels."""

    input_ports = ports(encoded="B Encoded:32 T:t", labels=optional("B Token:u ; Labels"))
    output_ports = ports(log_probs="B T:t Class:11 ; LogProbs", loss=optional("; Loss", needs=("labels",)))

    def __init__(self) -> None:
        self.decoder, self.criterion = Decoder(), Loss()

    def build(self, encoded: Any, labels: Any = None) -> Any:
        """Decode, and judge what is decoded."""
        log_probs = self.decoder(encoded=encoded).log_probs
        return log_probs, None if labels is None else self.criterion(log_probs=log_probs, labels=labels)


def test_an_output_of_a_composite_may_need_an_optional_input() -> None:
    """Where it is open, using the output is an error that names it; the others are there."""
    encoded, labels = inputs(encoded="B Encoded:32 T:t", labels="B Token:u ; Labels")
    whole, part = Perhaps()(encoded, labels), Perhaps()(encoded)

    assert [call.module.name for call in Graph(whole.loss).calls] == ["perhaps.decoder", "perhaps.loss"]
    assert [call.module.name for call in Graph(part.log_probs).calls] == ["perhaps.decoder"]
    with pytest.raises(NmError, match=r"perhaps.loss has no value in that call: it needs labels to be connected"):
        Graph(part.loss)
    with pytest.raises(NmError, match=r"(?s)sum was given perhaps.loss.*It needs labels connected to perhaps"):
        Sum()(xs=[part.loss])


def chain(tensor: Any, steps: list[Any]) -> Any:
    """Call modules one after the other; a list among the steps is a graph of its own, and is called as a module."""
    for step in steps:
        if isinstance(step, list):
            inner = inputs(x="B:2 C T:s")
            tensor = Graph({"y": chain(inner, step)}, name="inner")(x=tensor)
        else:
            tensor = HALF(tensor) if step == "half" else SUM(xs=[tensor, tensor])
    return tensor


def flattened(steps: list[Any]) -> list[str]:
    """The steps without the graphs around them."""
    return [one for step in steps for one in (flattened(step) if isinstance(step, list) else [step])]


HALF, SUM = Half(), Sum()
plain = st.sampled_from(["half", "double"])
nested = st.recursive(
    st.lists(plain, min_size=1, max_size=3), lambda inner: st.lists(plain | inner, min_size=1, max_size=3)
)


@given(nested, st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_nesting_and_flattening_are_the_same(steps: list[Any], frames: int) -> None:
    """Chains of graphs in graphs to any depth have the calls, the types, the ports and the values of the flat chain."""
    x = inputs(x="B:2 C T:t")
    flat, deep = Graph({"y": chain(x, flattened(steps))}), Graph({"y": chain(x, steps)})
    value = [[[100 * b + 10 * c + t for t in range(frames)] for c in range(3)] for b in range(2)]

    assert [call.module for call in deep.calls] == [call.module for call in flat.calls]
    assert [str(call.types) for call in deep.calls] == [str(call.types) for call in flat.calls]
    assert signature(flat) == signature(deep)
    assert flat(x=value) == deep(x=value)
