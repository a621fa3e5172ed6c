"""Slips of somebody new: each is an error of ours that names the output to take or the module to use."""

from typing import Any

import numpy
import pytest
import torch
from torch.nn.functional import relu

from nm_asr import CTCLossNM, JasperDecoderForCTC, JasperEncoder
from nm_core import (
    Graph,
    GraphError,
    NeuralModuleFactory,
    PortError,
    SymbolicAttributeError,
    SymbolicValueError,
    inputs,
)
from nm_torch.common import Add, WordErrorRate


def encode() -> Any:
    """Return both outputs of an encoder, as one value."""
    batch = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    encoder = JasperEncoder(feat_in=64, blocks=[{"filters": 16, "kernel": 11, "stride": 2}], name="encoder")
    return encoder(audio_signal=batch.spec, length=batch.length)


def decoder() -> JasperDecoderForCTC:
    """Make a decoder of the encoder's features."""
    return JasperDecoderForCTC(feat_in=16, num_classes=28, name="decoder")


def test_all_outputs_in_the_place_of_one_name_the_one_that_fits() -> None:
    """`out = encoder(...); decoder(out)`: the error says which of the outputs the port takes."""
    with pytest.raises(PortError, match=r"all outputs of encoder(.|\n)*decoder\(encoder_output=outputs\.encoded\)"):
        decoder()(encode())


@pytest.mark.parametrize(
    ("wrap", "what"),
    [(lambda x: [x], "a list of 1"), (lambda x: {"x": x}, "a dict of 1"), (lambda x: {x}, "a set of 1")],
)
def test_a_container_in_the_place_of_one_output_is_refused(wrap: Any, what: str) -> None:
    """A list, a dict and a set of symbolic tensors are no value of a port, and no real values either."""
    with pytest.raises(PortError, match=f"{what}.*takes one value"):
        decoder()(wrap(encode().encoded))


def test_all_outputs_inside_a_list_are_named() -> None:
    """A port that takes a list says which item is no output, and a set has no order."""
    with pytest.raises(PortError, match=r"add\.xs\[0\] is all outputs of encoder(.|\n)*encoded, encoded_len"):
        Add()(xs=[encode()])
    with pytest.raises(PortError, match=r"add\.xs takes a list, and was given a set"):
        Add()(xs={encode().encoded})


def test_all_outputs_for_a_metric_name_the_one_that_fits() -> None:
    """A metric that is given all outputs of a decoder says so, and not that it has no such parameter."""
    with pytest.raises(PortError, match="all outputs of encoder"):
        WordErrorRate(labels="ab", hypotheses=encode(), references=inputs(text="B Token:u ; Labels(2)"))


def test_actions_name_what_is_no_single_output() -> None:
    """`factory.train([out])` and its like say which item holds several outputs; a set has no order."""
    factory = NeuralModuleFactory()
    with pytest.raises(GraphError, match=r"outputs\[0\] is all outputs of encoder(.|\n)*encoded, encoded_len"):
        factory.train([encode()], max_steps=1)
    with pytest.raises(GraphError, match=r"outputs\[0\] is all outputs of encoder"):
        factory.infer([encode()])
    with pytest.raises(GraphError, match='The output "x" is all outputs of encoder'):
        Graph({"x": encode()})
    with pytest.raises(GraphError, match="a set has none"):
        factory.train({encode().encoded}, max_steps=1)  # type: ignore[arg-type]


def test_a_dict_of_losses_names_them() -> None:
    """A dict of losses is trained as such: here they lead to free inputs, which is the first thing wrong with it."""
    loss = inputs(loss="; Loss")
    with pytest.raises(GraphError, match="data layer"):
        NeuralModuleFactory().train({"ctc": loss}, max_steps=1)  # type: ignore[arg-type]


OPERATIONS: dict[str, tuple[Any, str]] = {
    "x + y": (lambda x, y: x + y, r"common\.Add\(\)\(xs=\[x, y\]\)"),
    "sum([x, y])": (lambda x, y: sum([x, y]), "forward of a module of your own"),
    "x * 2": (lambda x, y: x * 2, "forward of a module of your own"),
    "2 * x": (lambda x, y: 2 * x, "forward of a module of your own"),
    "-x": (lambda x, y: -x, "forward of a module of your own"),
    "x < y": (lambda x, y: x < y, "forward of a module of your own"),
    "x @ y": (lambda x, y: x @ y, r"common\.Linear"),
    "x[:, 0]": (lambda x, y: x[:, 0], "Its type is Batch Encoded:16"),
    "x[0]": (lambda x, y: y[0], r"decoder has one output, which is not indexed: leave \[0\] out"),
    "len(x)": (lambda x, y: len(x), "in its type, Batch Encoded:16"),
    "a, b = x": (lambda x, y: list(y), "decoder has one output: give it one name, output = decoder"),
    "list(x)": (lambda x, y: list(x), r"encoded, encoded_len = encoder\(\.\.\.\)"),
    "bool(x)": (lambda x, y: bool(x), "a module decides in its forward"),
    "float(x)": (lambda x, y: float(x), r"factory\.infer"),
    "int(x)": (lambda x, y: int(x), r"factory\.infer"),
    "f'{x:.2f}'": (lambda x, y: f"{x:.2f}", r"factory\.infer"),
    "torch.relu(x)": (lambda x, y: torch.relu(x), r'common\.Activation\(function="relu"\)'),
    "functional.relu(x)": (lambda x, y: relu(x), r'common\.Activation\(function="relu"\)'),
    "torch.cat([x, y])": (lambda x, y: torch.cat([x, y]), r"common\.Concat"),
    "torch.ones(3) + x": (lambda x, y: torch.ones(3) + x, r"common\.Add"),
    "numpy.asarray(x)": (lambda x, y: numpy.asarray(x), r"factory\.infer"),
    "numpy.exp(x)": (lambda x, y: numpy.exp(x), "forward of a module of your own"),
    "numpy.ones(3) * x": (lambda x, y: numpy.ones(3) * x, "forward of a module of your own"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_computing_with_symbolic_tensors_names_the_module_to_use(operation: str) -> None:
    """Operators, functions of torch and of numpy, and conversions say what does it in a graph, as a `TypeError`."""
    function, advice = OPERATIONS[operation]
    encoded = encode().encoded
    output = decoder()(encoded)

    with pytest.raises(SymbolicValueError, match=advice) as caught:
        function(encoded, output)

    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("attribute", "advice"),
    [
        ("shape", "its type, Batch Encoded:16"),
        ("encoded", r"the output encoded of encoder itself: leave \.encoded out"),
        ("T", r"nm_core\.transpose"),
        ("backward", r"factory\.infer"),
    ],
)
def test_attributes_of_arrays_say_what_a_symbolic_tensor_has(attribute: str, advice: str) -> None:
    """`x.shape` and its like are attribute errors, so that `hasattr` works, with what to look at instead."""
    encoded = encode().encoded
    with pytest.raises(SymbolicAttributeError, match=advice) as caught:
        getattr(encoded, attribute)
    assert isinstance(caught.value, AttributeError)
    assert not hasattr(encoded, attribute)


def test_a_symbolic_tensor_beside_real_ones_is_told() -> None:
    """A call that mixes symbolic and real tensors says which is which."""
    with pytest.raises(PortError, match='real Tensor for "targets" beside symbolic tensors'):
        CTCLossNM()(
            log_probs=decoder()(encode().encoded),
            targets=torch.zeros(1, 3),
            input_length=encode().encoded_len,
            target_length=torch.ones(1),
        )
