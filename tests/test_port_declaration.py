"""Ports in the paper's form, and the connection it warns of: axes in another order."""

import pytest
from torch import Tensor

from nm_core import AxisType, NeuralType, NeuralTypeError, inputs
from nm_torch import TorchModule
from nm_types import BatchTag, ChannelTag, HeightTag, ImageEmbeddingTag, TimeTag, WidthTag


class ImageEncoder(TorchModule):
    """Declares its ports as dicts from axis to meaning."""

    input_ports = {
        "x": NeuralType(
            {0: AxisType(BatchTag), 1: AxisType(ChannelTag), 2: AxisType(HeightTag, 224), 3: AxisType(WidthTag, 224)}
        )
    }
    output_ports = {"output": NeuralType({0: AxisType(BatchTag), 1: AxisType(ImageEmbeddingTag)})}

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


class TimeFirstEncoder(TorchModule):
    """Emits [time, batch, channel], as recurrent layers like it."""

    input_ports = {"x": NeuralType({0: AxisType(BatchTag), 1: AxisType(TimeTag), 2: AxisType(ChannelTag)})}
    output_ports = {"y": NeuralType({0: AxisType(TimeTag), 1: AxisType(BatchTag), 2: AxisType(ChannelTag)})}

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1)


class BatchFirstDecoder(TorchModule):
    """Expects [batch, time, channel]."""

    input_ports = {"y": NeuralType({0: AxisType(BatchTag), 1: AxisType(TimeTag), 2: AxisType(ChannelTag)})}
    output_ports = {"z": NeuralType({0: AxisType(BatchTag), 1: AxisType(TimeTag), 2: AxisType(ChannelTag)})}

    def forward(self, y: Tensor) -> Tensor:
        return y


def test_dicts_and_strings_declare_the_same_ports() -> None:
    """A port declared as a dict of axes is the port declared as a string."""
    encoder = ImageEncoder()

    assert encoder.inputs["x"].type == NeuralType("B Channel Height:224 Width:224")
    assert str(encoder.outputs["output"].type) == "Batch ImageEmbedding"


def test_a_declared_size_is_held_against_what_is_given() -> None:
    """An image of another size does not pass, and the message names both sizes."""
    with pytest.raises(NeuralTypeError, match=r"(?s)224.*200|200.*224"):
        ImageEncoder()(x=inputs(image="B C H:224 W:200"))


def test_time_first_into_batch_first_says_so_when_it_is_connected() -> None:
    """Swapped axes raise at the connection, name the comparison's result and the file of the user's line."""
    hidden = TimeFirstEncoder()(x=inputs(x="B T C"))

    with pytest.raises(NeuralTypeError) as caught:
        BatchFirstDecoder()(y=hidden)

    message = str(caught.value)
    for part in (
        "TRANSPOSE_SAME",
        "time_first_encoder.y -> batch_first_decoder.y",
        "test_port_declaration.py",
        "transpose",
    ):
        assert part in message
