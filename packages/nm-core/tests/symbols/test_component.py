"""Calls need no more of a module than a `Component` says, be it live or declared."""

import pytest
from nm_core_samples import Decoder, Encoder

from nm_core import Graph, NeuralTypeError, inputs
from nm_core.application.checking.declared import Declared, Undeclared
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import signature_of
from nm_core.symbols.component import Component
from nm_core.symbols.parameters import FrozenParams
from nm_core.symbols.recording import record


def declare(module: NeuralModule) -> Declared:
    """Declare a module by what its class and parameters say, without making another."""
    cls, params = type(module), FrozenParams(module.params)
    return Declared(module.name, "samples.Module@1", cls, params, signature_of(cls, params))


def decode(encoder: Component, decoder: Component) -> Graph:
    """Record an encoder and a decoder on free inputs."""
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    encoded = record(encoder, (spec, length), {}, location="here").outputs["encoded"]
    return Graph(record(decoder, (), {"encoded": encoded}, location="there").outputs["log_probs"])


def test_a_declared_module_is_called_like_a_live_one() -> None:
    """Graphs of both have the same calls, types, labels, plans and drawings."""
    encoder, decoder = Encoder(), Decoder()

    live, declared = decode(encoder, decoder), decode(declare(encoder), declare(decoder))

    for graph in (live, declared):
        assert [call.module.class_path for call in graph.calls] == [
            "nm_core_samples.Encoder",
            "nm_core_samples.Decoder",
        ]
    assert [*map(str, declared.labels.values())] == [*map(str, live.labels.values())]
    assert [str(t.type) for t in declared.outputs.values()] == [str(t.type) for t in live.outputs.values()]
    assert len(declared.plan().framework) == len(live.plan().framework) == 2
    assert declared.sketch() == live.sketch()


def test_errors_of_a_declared_module_are_those_of_a_live_one() -> None:
    """One rule judges the edges of both, and says the same of them."""
    turned, length = inputs(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    encoder = Encoder()
    messages = []
    for module in (encoder, declare(encoder)):
        with pytest.raises(NeuralTypeError) as caught:
            record(module, (turned, length), {}, location="here")
        messages.append(str(caught.value))

    assert messages[0] == messages[1]
    assert "is declared in nm_core_samples.Encoder" in messages[0]


def test_an_undeclared_module_has_no_ports() -> None:
    """It stands where a file names a module that does not exist, and its calls are not judged."""
    module = Undeclared(id="speech.Encodr", name="encoder")

    assert (len(module.inputs), len(module.outputs), module.segment) == (0, 0, "composite")
    assert record(module, (), {}, location="").types == {}
    assert not module.has_weights()
