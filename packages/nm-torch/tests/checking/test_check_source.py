"""Sources: the first micro-batch of a data layer is held to its output ports."""

from collections.abc import Sequence
from typing import Any

import numpy
import pytest
import torch
from nm_torch_liars import caught
from nm_torch_samples import Ragged
from torch import Tensor

from nm_core import ports
from nm_torch import check_module
from nm_torch.data import Batching, DataLayer, SampleError
from nm_torch.errors import ModuleCheckError
from nm_types import NeuralTypeError


class Words(DataLayer):
    """Sequences of labels, padded with -1, with a fault where asked."""

    output_ports = ports(labels="B Token:u ; Labels(5)", length="B ; Lengths(u)", texts="list[object Text]")

    def __init__(self, *, fault: str = "") -> None:
        super().__init__(batching=Batching(batch_size=4))
        self.fault = fault

    def __len__(self) -> int:
        return 9

    def sample(self, index: int, random: numpy.random.Generator) -> Tensor:
        """Return some labels."""
        if self.fault == "unreadable":
            raise SampleError("broken")
        if self.fault == "own":
            raise ZeroDivisionError("author")
        return torch.tensor([index % 5] * (1 + index))

    def collate(self, samples: Sequence[Tensor]) -> tuple[Any, ...]:
        """Return labels, lengths and texts."""
        labels = torch.nn.utils.rnn.pad_sequence(list(samples), batch_first=True, padding_value=-1)
        length = torch.tensor([len(sample) for sample in samples])
        texts: Any = [" ".join(map(str, sample.tolist())) for sample in samples]
        if self.fault == "labels":
            labels[0, 0] = -1
        if self.fault == "length":
            length += 1
        if self.fault == "texts":
            texts = tuple(texts)
        return (labels, length, texts)[: 2 if self.fault == "number" else 3]


def test_a_data_layer_that_keeps_its_promises_passes() -> None:
    """Padding is no label, and no mistake."""
    layer = Words()

    report = check_module(layer)

    assert [run.use for run in report.runs] == ["its first micro-batch"]
    assert "other sizes than those of its first micro-batch" in report.unseen
    assert check_module(Ragged()).runs


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("labels", {"labels": "NM130"}),
        ("length", {"length": "NM130"}),
        ("texts", {"texts": "NM110"}),
        ("number", {"": "NM131"}),  # the layer itself says that a value is missing
        ("own", {"": "NM131"}),
    ],
)
def test_each_fault_of_a_data_layer_is_caught(fault: str, expected: dict[str, str]) -> None:
    """A gap among real labels, lengths beyond the longest, no list, a value too few, an error of its own."""
    assert caught(Words(fault=fault)) == expected


def test_unreadable_samples_are_named() -> None:
    """And not counted: a check is no run."""
    layer = Words(fault="unreadable")

    with pytest.raises(ModuleCheckError, match="sample 0: broken"):
        check_module(layer)
    assert layer.unreadable == {}


def test_a_data_layer_takes_no_inputs_and_no_sizes() -> None:
    """Its data say them."""
    with pytest.raises(ModuleCheckError, match='no input "x"'):
        check_module(Words(), inputs={"x": 1})
    with pytest.raises(ModuleCheckError, match='has a size "u"'):
        check_module(Words(), sizes={"u": 1})


def test_the_message_says_where_it_was_seen() -> None:
    """In a micro-batch, not on invented inputs."""
    with pytest.raises(NeuralTypeError, match=r"Seen in its first micro-batch\."):
        check_module(Words(fault="length"))
