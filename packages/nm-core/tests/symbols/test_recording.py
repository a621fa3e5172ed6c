"""Calls on symbolic tensors bind, check and record; calls on values compute at once."""

import pytest
from nm_core_samples import Decoder, EncodeDecode, Encoder, Features, Loss, Sum, Text

from nm_core import NeuralTypeError, NmTensor, PortError, SymbolicValueError


def test_a_call_records_and_returns_in_port_order() -> None:
    """Several outputs come as a named tuple, one comes bare, and each knows its type."""
    spec, length, labels, _ = Features()()
    encoded = Encoder()(signal=spec, length=length)
    assert encoded._fields == ("encoded", "encoded_length")
    log_probs, _ = Decoder()(encoded=encoded.encoded, length=length)
    loss = Loss()(log_probs=log_probs, labels=labels)
    assert isinstance(loss, NmTensor)
    assert loss.name == "loss.loss"
    assert log_probs.type.axes[2].size.evaluate({}) == 11


def test_the_same_module_computes_on_values() -> None:
    """Values go through forward at once and come back in the same structure."""
    result = Encoder()(signal="x", length=3)
    assert result.encoded == ("encoded", "x")
    assert result.encoded_length == 3


def test_a_source_is_one_stream() -> None:
    """Asking a data layer again gives the same tensors; another instance gives others."""
    features = Features()
    first = features()
    assert features() == first
    assert Features(name="other")() != first


def test_wrong_ports_are_named_together() -> None:
    """An unknown port and a required one left open are one error, with what may have been meant."""
    spec, *_ = Features()()
    with pytest.raises(PortError) as error:
        Encoder()(sginal=spec)
    message = str(error.value)
    assert 'no input port "sginal". Did you mean "signal"?' in message
    assert 'needs its input "signal"' in message
    assert 'needs its input "length"' in message


def test_calling_with_nothing_needs_the_inputs() -> None:
    """A module with required inputs that is called with none names them."""
    with pytest.raises(PortError, match='needs its input "signal"'):
        Encoder()()


def test_real_beside_symbolic_is_refused() -> None:
    """A real value beside a symbolic one is an error that names the port."""
    spec, *_ = Features()()
    with pytest.raises(PortError, match=r'real object for "length"'):
        Encoder()(signal=spec, length=object())


def test_plain_numbers_become_constants() -> None:
    """A number beside symbolic tensors is part of the graph."""
    spec, length, labels, _ = Features()()
    log_probs, _ = Decoder()(encoded=Encoder()(spec, length).encoded, length=length)
    loss = Loss()(log_probs=log_probs, labels=labels, scale=2.5)
    assert loss.call.inputs["scale"].value == 2.5


def test_an_output_without_its_input_cannot_be_used() -> None:
    """An output that needs an optional input is refused downstream when that input is open."""
    spec, length, *_ = Features()()
    decoder = Decoder()
    _, mask = decoder(encoded=Encoder()(spec, length).encoded)
    with pytest.raises(PortError, match="needs length connected"):
        Loss()(log_probs=mask, labels=mask)


def test_a_bad_edge_names_the_users_line() -> None:
    """A wrong connection raises at the call, with both types and this file's line."""
    spec, length, *_ = Features(size=80)()
    with pytest.raises(NeuralTypeError) as error:
        Encoder(size=64)(signal=spec, length=length)
    assert "test_recording.py:" in str(error.value)
    assert "80" in str(error.value)
    assert "64" in str(error.value)


def test_all_bad_edges_of_a_call_come_together() -> None:
    """Two wrong edges are one error."""
    spec, length, *_ = Features()()
    with pytest.raises(NeuralTypeError) as error:
        Loss()(log_probs=spec, labels=length)
    assert len(error.value.problems) == 2


def test_swapped_lengths_are_an_error() -> None:
    """Lengths of the transcript cannot stand for lengths of the audio."""
    spec, _, _, label_length = Features()()
    with pytest.raises(NeuralTypeError):
        Encoder()(signal=spec, length=label_length)


def test_symbolic_tensors_have_no_value() -> None:
    """Testing, unpacking or converting a symbolic tensor says where values exist."""
    spec, *_ = Features()()
    for use in (bool, float, list, len):
        with pytest.raises(SymbolicValueError, match=r"factory\.infer"):
            use(spec)


def test_variadic_ports_take_lists() -> None:
    """Every item of a list is an edge of its own."""
    spec, length, *_ = Features()()
    first, second = (Encoder(name=name)(spec, length).encoded for name in ("a", "b"))
    total = Sum()(values=[first, second])
    assert total.call.inputs["values"] == (first, second)
    with pytest.raises(NeuralTypeError):
        Sum()(values=[first, spec])


def test_a_composite_expands_into_its_calls() -> None:
    """Inner calls carry their scope; inner modules take the composite's name as a prefix."""
    spec, length, *_ = Features()()
    composite = EncodeDecode(name="both")
    log_probs = composite(signal=spec, length=length)
    assert log_probs.call.module.name == "both.decoder"
    assert log_probs.call.scope.module is composite
    assert log_probs.call.scope.outputs == {"log_probs": log_probs}
    assert composite(signal="x", length=1) == ("log_probs", ("encoded", "x"))
    text = Text()(log_probs=log_probs)
    assert text.call.scope is None
