"""A torch module with ports is an ordinary `nn.Module` that also records symbolic calls."""

# B batch, C channel, T time

import copy

import pytest
import torch
from torch import Tensor, nn

from nm_core import Graph, ModuleDeclarationError, NeuralTypeError, NmTensor, ParameterError, inputs
from nm_torch import LossModule, TorchModule, from_torch, optional, ports


class Project(TorchModule):
    """A projection over channels, with a second output."""

    input_ports = ports(x="B Channel:{feat_in} T:t", scale=optional({}))
    output_ports = ports(y="B Encoded:{feat_out} T:t", total="B T:t")

    def __init__(self, *, feat_in: int, feat_out: int) -> None:
        super().__init__()
        self.project = nn.Conv1d(feat_in, feat_out, 1)

    def forward(self, x: Tensor, scale: float | None = None) -> tuple[Tensor, Tensor]:
        """Project and sum."""
        y_BCT = self.project(x) * (1 if scale is None else scale)
        return y_BCT, y_BCT.sum(1)


class PortedLinear(TorchModule, nn.Linear):
    """PyTorch's own layer with ports and nothing else."""

    input_ports = ports(input="B Channel:{in_features}")
    output_ports = ports(output="B Channel:{out_features}")


class SquaredSum(LossModule):
    """A sum of squares weighted by how many values are not masked."""

    input_ports = ports(x="B T:t", mask="B T:t ; Mask")
    output_ports = ports(loss="; Loss")

    def total(self, x: Tensor, mask: Tensor) -> Tensor:
        """Sum the squares that count."""
        return (x.square() * mask).sum()

    def weight(self, mask: Tensor) -> Tensor:
        """Count what counts."""
        return mask.sum()


def test_real_tensors_compute_at_once() -> None:
    """Called with tensors the module computes, with named outputs and nn.Module's hooks."""
    module = Project(feat_in=3, feat_out=5)
    seen = []
    module.register_forward_hook(lambda *_: seen.append(1))
    x_BCT = torch.randn(2, 3, 7)

    result = module(x_BCT)

    torch.testing.assert_close(result.y, module.project(x_BCT))
    assert result.total.shape == (2, 7)
    assert seen == [1]


def test_symbols_are_recorded() -> None:
    """Called with symbolic tensors the module records a call with types."""
    y, total = Project(feat_in=3, feat_out=5)(x=inputs(x="B Channel:3 T:t"), scale=2.0)
    assert isinstance(y, NmTensor)
    assert str(total.type.axes[0]).startswith(("B", "Batch"))
    with pytest.raises(NeuralTypeError):
        Project(feat_in=3, feat_out=5)(x=inputs(x="B Channel:4 T:t"))


def test_an_existing_layer_joins_by_inheritance() -> None:
    """A torch layer's own parameters are captured without a constructor of ours."""
    layer = PortedLinear(4, out_features=2, name="head")
    assert dict(layer.params) | {"device": None, "dtype": None} == {
        "in_features": 4,
        "out_features": 2,
        "bias": True,
        "device": None,
        "dtype": None,
    }
    assert layer.name == "head"
    torch.testing.assert_close(
        layer(torch.ones(1, 4)), nn.functional.linear(torch.ones(1, 4), layer.weight, layer.bias)
    )
    with pytest.raises(ParameterError, match="out_features"):
        PortedLinear(4, out_featurs=2)


def test_an_instance_joins_by_wrapping() -> None:
    """`from_torch` adds ports to any module and keeps its weights."""
    linear = nn.Linear(64, 10)
    module = from_torch(linear, inputs={"x": "B Channel:64"}, outputs={"y": "B Class:10 ; Logits"})
    graph = Graph(module(x=inputs(x="B Channel:64")))
    x_BC = torch.randn(3, 64)
    torch.testing.assert_close(graph(x=x_BC), linear(x_BC))
    assert module.opaque >= {"module"}


@from_torch(inputs={"x": "B Channel:{size}"}, outputs={"y": "B Channel:{size}"})
class Scale(nn.Module):
    """Channels times trained factors."""

    def __init__(self, size: int, *, start: float = 1.0) -> None:
        super().__init__()
        self.factors = nn.Parameter(torch.full((size,), start))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply."""
        return self.factors * x


def test_a_class_joins_by_decoration() -> None:
    """Its constructor's parameters are captured and fill the ports; its name, document and weights are its own."""
    scale = Scale(3, start=2.0)

    assert isinstance(scale, TorchModule)
    assert (scale.name, dict(scale.params)) == ("scale", {"size": 3, "start": 2.0})
    assert list(scale.state_dict()) == ["factors"]
    assert (Scale.__module__, Scale.__doc__) == (__name__, "Channels times trained factors.")
    assert str(scale(x=inputs(x="B Channel:3")).type) == "Batch Channel:3"
    torch.testing.assert_close(scale(x=torch.ones(2, 3)), torch.full((2, 3), 2.0))
    with pytest.raises(NeuralTypeError):
        scale(x=inputs(x="B Channel:4"))
    with pytest.raises(ParameterError, match="needs size"):
        Scale(start=1.0)
    assert copy.deepcopy(scale).params == scale.params


def test_copies_keep_name_parameters_and_ports() -> None:
    """A deep copy is a module of its own with the same identity."""
    module = Project(feat_in=3, feat_out=5, name="first")
    other = copy.deepcopy(module)
    assert (other.name, other.params) == ("first", module.params)
    assert list(other.outputs) == ["y", "total"]
    assert other.project.weight is not module.project.weight


def test_a_loss_is_total_over_weight() -> None:
    """The loss's port is a mean, and a batch without weight gives zero with a zero gradient."""
    loss = SquaredSum()
    x_BT = torch.tensor([[1.0, 2.0, 5.0]], requires_grad=True)
    mask_BT = torch.tensor([[1, 1, 0]])

    assert loss(x=x_BT, mask=mask_BT).item() == 2.5
    empty = loss(x=x_BT, mask=mask_BT * 0)
    empty.backward()

    assert empty.item() == 0
    assert x_BT.grad is not None
    assert not x_BT.grad.any()


def test_a_loss_is_held_to_its_ports_when_its_class_is_made() -> None:
    """`total` takes every port, and `weight` some of them; another name is an error that says which was meant."""
    with pytest.raises(ModuleDeclarationError, match=r"Wrong\.total(.|\n)*no port\. Did you mean \"labels\""):

        class Wrong(LossModule):
            input_ports = ports(logits="B Class:n", labels="B ; Labels(n)")
            output_ports = ports(loss="; Loss")

            def total(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
                return logits.sum()

    with pytest.raises(ModuleDeclarationError, match=r"Heavy\.weight"):

        class Heavy(LossModule):
            input_ports = ports(logits="B Class:n", labels="B ; Labels(n)")
            output_ports = ports(loss="; Loss")

            def total(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
                return logits.sum()

            def weight(self, label: torch.Tensor) -> float:
                return float(len(label))
