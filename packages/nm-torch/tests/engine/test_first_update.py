"""The first update of a training holds every module to its ports, and sees that a weight can change."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from nm_torch_samples import Ragged
from torch import Tensor, nn

from nm_core import NeuralModuleFactory, NeuralTypeError, NmTensor
from nm_torch import LossModule, from_torch, ports
from nm_torch.data import CollateError
from nm_torch.errors import TrainingError, WeightsError


class Squares(LossModule):
    """The squares of all values."""

    input_ports = ports(y="B T:t Channel:4")
    output_ports = ports(loss="; Loss")

    def total(self, y: Tensor) -> Tensor:
        """Sum them."""
        return torch.as_tensor(y).square().sum()

    def weight(self, y: Tensor) -> int:
        """Count samples."""
        return len(y)


class Change(nn.Module):
    """A linear map whose result is changed."""

    def __init__(self, change: Callable[[Tensor], Any], layer: nn.Module | None = None) -> None:
        super().__init__()
        self.layer = layer or nn.Linear(3, 4, dtype=torch.float64)
        self.change = change

    def forward(self, x: Tensor) -> Any:
        """Map and change."""
        return self.change(self.layer(x))


def _loss(module: nn.Module, data: Ragged | None = None) -> NmTensor:
    x = (data or Ragged(count=4))().x
    wrapped = from_torch(module, inputs={"x": "B T:t Channel:3"}, outputs={"y": "B T:t Channel:4"}, name="change")
    return Squares()(y=wrapped(x))  # type: ignore[no-any-return]


def _train(module: nn.Module, data: Ragged | None = None) -> Any:
    return NeuralModuleFactory(seed=0).train([_loss(module, data)], max_steps=2, progress=False)


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda y: None, "NM110", "The value is None"),
        (lambda y: (y, y), "NM110", "The value is a tuple"),
        (lambda y: {"y": y}, "NM110", "The value is a dict"),
        (lambda y: y.detach().numpy(), "NM110", "The value is a ndarray"),
        (lambda y: y[..., :1], "NM121", "has the size 1"),
        (lambda y: y.sum(-1), "NM120", "2"),
    ],
)
def test_what_a_module_gives_against_its_ports_is_an_error(
    change: Callable[[Tensor], Any], code: str, says: str
) -> None:
    """Values that torch would broadcast or that fail in the next module name the module which gave them."""
    module = Change(change)
    with pytest.raises(NeuralTypeError) as caught:
        _train(module)
    (problem,) = caught.value.problems
    assert (problem.code, problem.consumer, problem.port) == (code, "change", "y")
    assert says in str(caught.value)
    assert problem.location.startswith(__file__)
    assert not module._forward_hooks, "a hook was left behind"


@pytest.mark.parametrize("cut", [lambda y: y.detach(), torch.zeros_like, lambda y: torch.tensor(y.tolist())])
def test_a_loss_without_a_way_to_the_weights_is_an_error(cut: Callable[[Tensor], Tensor]) -> None:
    """Instead of a training that ends well and has changed nothing."""
    with pytest.raises(TrainingError, match=r"(?s)no weight got a gradient.*loss.*detach\(\)"):
        _train(Change(cut))


def test_a_layer_that_is_made_in_forward_is_an_error() -> None:
    """Its weights are not those that the optimizer has."""

    class Remade(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4, dtype=torch.float64)

        def forward(self, x: Tensor) -> Any:
            self.layer = nn.Linear(3, 4, dtype=torch.float64)
            return self.layer(x)

    with pytest.raises(TrainingError, match="a layer made in forward"):
        _train(Remade())


def test_checks_end_with_the_first_update() -> None:
    """Later updates run at full speed, and modules are left as they were."""
    module = Change(lambda y: y)
    assert _train(module).step == 2
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


@pytest.mark.parametrize(
    ("layer", "says"),
    [(nn.LazyLinear(4), "lazy layer that was never called"), (nn.Linear(3, 4, device="meta"), "on the meta device")],
)
def test_weights_without_values_are_an_error(layer: nn.Module, says: str) -> None:
    """The weight is named, and how it gets its values."""
    with pytest.raises(WeightsError, match=f"change.module.layer.weight .*{says}"):
        _train(Change(lambda y: y, layer))


@pytest.mark.parametrize(
    ("values", "says"), [(None, "gave None"), ((torch.zeros(2),), "gave 1 values"), ("xyz", "gave a str")]
)
def test_another_number_of_values_than_ports_is_an_error(values: Any, says: str) -> None:
    """A data layer whose collate forgets one is named, with its ports."""
    data = Ragged(count=4)
    data.collate = lambda samples: values  # type: ignore[method-assign]
    with pytest.raises(CollateError, match=rf"{data.name}: collate {says}; .*x, length, target, valid, index"):
        _train(Change(lambda y: y), data)


def test_an_error_of_a_sample_names_it() -> None:
    """Which sample it was is the first thing to know."""
    data = Ragged(count=4)

    def fail(index: int, random: Any) -> Any:
        raise KeyError("label")

    data.sample = fail  # type: ignore[method-assign]
    with pytest.raises(KeyError) as caught:
        _train(Change(lambda y: y), data)
    assert caught.value.__notes__ == [f"{data.name} was reading sample 0. A SampleError would leave it out."]


@pytest.mark.parametrize(
    ("given", "says"), [(nn.Linear, r"Make one: from_torch\(Linear\(...\)"), (abs, "Put a function into forward")]
)
def test_only_modules_get_ports(given: Any, says: str) -> None:
    """A class that was never called, or a function, is refused at once."""
    with pytest.raises(TypeError, match=says):
        from_torch(given, inputs={"x": "B"}, outputs={"y": "B"})
