"""An error from the code of a module says which module of the graph raised it, in training and in inference."""

from typing import Any

import pytest
import torch
from nm_torch_samples import Ragged, SampleLoss

from nm_core import Graph, NeuralModuleFactory, NmTensor, inputs
from nm_torch import TorchModule, ports
from nm_torch.engine.raising_module import note_module
from nm_torch.errors import TrainingError


class Broken(TorchModule):
    """Fails with an error of its own."""

    input_ports = ports(x="B T:t Channel:3")
    output_ports = ports(z="B T:t Channel:4")

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, x: Any) -> Any:
        """Divide by nothing."""
        return 1 / 0


NOTE = "It was raised in the module broken (Broken)."


def test_a_training_names_it() -> None:
    """Once, however many frames are between."""
    data = Ragged(count=4)()
    with pytest.raises(ZeroDivisionError) as caught:
        NeuralModuleFactory().train([_loss(data)], max_steps=1, progress=False)
    assert caught.value.__notes__ == [NOTE]


def _loss(data: Any) -> NmTensor:
    loss: NmTensor = SampleLoss()(z=Broken()(data.x), valid=data.valid)
    return loss


def test_an_inference_names_it() -> None:
    """With values for the inputs of the graph."""
    graph = Graph(Broken()(inputs(x="B T:t Channel:3")))
    with pytest.raises(ZeroDivisionError) as caught:
        NeuralModuleFactory().infer(graph, inputs={"x": torch.zeros(2, 5, 3)}).collect()
    assert caught.value.__notes__ == [NOTE]


def test_errors_of_ours_are_left_alone() -> None:
    """They name what they are about."""
    error = TrainingError("no.")
    note_module(error)
    assert not hasattr(error, "__notes__")
