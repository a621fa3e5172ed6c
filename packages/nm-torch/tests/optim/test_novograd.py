"""NovoGrad against a reference of a few lines, and what it promises about its state and the host."""

import math

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.utils._python_dispatch import TorchDispatchMode

from nm_torch.optim import NovogradOptimizer, OptimizerError, OptimizerOptionError

Array = NDArray[numpy.float64]


def reference(
    w: Array, gradients: list[Array], lr: float, beta1: float, beta2: float, eps: float, decay: float, averaging: bool
) -> Array:
    """Algorithm 1 of arXiv 1905.11286 for one layer, written from the paper."""
    m, v = numpy.zeros_like(w), 0.0
    for t, g in enumerate(gradients):
        square = float((g * g).sum())
        v = square if t == 0 else beta2 * v + (1 - beta2) * square
        term = g / (math.sqrt(v) + eps) + decay * w
        m = beta1 * m + ((1 - beta1) * term if averaging else term)
        w = w - lr * m
    return w


class Operations(TorchDispatchMode):
    """Counts the operations that run, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Note the name and go on."""
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


@settings(max_examples=40)
@given(
    st.floats(1e-4, 0.5),
    st.floats(0, 0.99),
    st.floats(0, 0.999),
    st.sampled_from([0.0, 1e-3, 0.1]),
    st.sampled_from([1e-8, 1e-3]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_every_layer_follows_the_paper(
    lr: float, beta1: float, beta2: float, decay: float, eps: float, averaging: bool, seed: int
) -> None:
    """Several layers over several updates have the weights of the reference, each layer by itself."""
    random = numpy.random.default_rng(seed)
    shapes = [(3, 4), (5,), (), (2, 3, 1)]
    starts = [random.normal(size=shape) for shape in shapes]
    gradients = [[random.normal(size=shape) * 10.0 ** random.integers(-3, 3) for shape in shapes] for _ in range(4)]
    weights = [torch.tensor(start, requires_grad=True) for start in starts]
    optimizer = NovogradOptimizer(
        weights, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=decay, grad_averaging=averaging
    )
    for update in gradients:
        for weight, gradient in zip(weights, update, strict=True):
            weight.grad = torch.tensor(gradient)
        optimizer.step()
    for layer, weight in enumerate(weights):
        series = [numpy.asarray(update[layer]) for update in gradients]
        expected = reference(numpy.asarray(starts[layer]), series, lr, beta1, beta2, eps, decay, averaging)
        numpy.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_the_first_update_has_the_length_of_the_rate() -> None:
    """Without decay the first step of each layer has norm lr, however large its gradient is."""
    weights = [torch.zeros(7, 3, requires_grad=True), torch.zeros(2, requires_grad=True)]
    weights[0].grad, weights[1].grad = 1e4 * torch.randn(7, 3), 1e-4 * torch.randn(2)
    NovogradOptimizer(weights, lr=0.25, eps=0.0).step()
    for weight in weights:
        assert weight.detach().norm().item() == pytest.approx(0.25, rel=1e-5)


@pytest.mark.parametrize("eps", [0.0, 1e-8])
def test_a_layer_without_gradient_yet_starts_at_its_first(eps: float) -> None:
    """Zero gradients leave the weights finite and alone, and the first other one counts as the first."""
    late = torch.ones(4, requires_grad=True)
    plain = torch.ones(4, requires_grad=True)
    first, second = NovogradOptimizer([late], eps=eps), NovogradOptimizer([plain], eps=eps)
    for _ in range(3):
        late.grad = torch.zeros(4)
        first.step()
    assert torch.equal(late.detach(), torch.ones(4))
    late.grad, plain.grad = torch.full((4,), 2.0), torch.full((4,), 2.0)
    first.step()
    second.step()
    assert torch.equal(late.detach(), plain.detach())


def test_a_step_reads_nothing_to_the_host() -> None:
    """No operation of a step turns a tensor into a Python number."""
    weights = [torch.randn(3, 3, requires_grad=True), torch.randn(3, requires_grad=True)]
    optimizer = NovogradOptimizer(weights, weight_decay=0.1)
    with Operations() as operations:
        for _ in range(2):
            for weight in weights:
                weight.grad = torch.randn_like(weight)
            optimizer.step()
    assert any("_foreach_norm" in name for name in operations.names)
    assert not [name for name in operations.names if "_local_scalar_dense" in name or "is_nonzero" in name]


def test_operations_do_not_grow_with_layers() -> None:
    """A step dispatches as many operations for fifty layers as for two, views and initial zeros aside."""

    def count(layers: int) -> int:
        weights = [torch.randn(3, 3, requires_grad=True) for _ in range(layers)]
        optimizer = NovogradOptimizer(weights, weight_decay=0.1)
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        optimizer.step()
        with Operations() as operations:
            optimizer.step()
        return len(operations.names)

    assert count(50) == count(2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_state_is_float32_for_half_precision(dtype: torch.dtype) -> None:
    """Weights of half precision keep moments in float32, and norms that overflow in half precision stay finite."""
    weight = torch.ones(300, 300, dtype=dtype, requires_grad=True)
    weight.grad = torch.full_like(weight, 300.0)
    optimizer = NovogradOptimizer([weight])
    optimizer.step()
    assert {entry.dtype for entry in optimizer.state[weight].values()} == {torch.float32}
    assert weight.dtype == dtype
    assert optimizer.state[weight]["squared_norm"].item() == pytest.approx(300.0**2 * 300 * 300, rel=1e-3)


def test_weights_without_gradient_stay() -> None:
    """A weight that got no gradient is not decayed and gets no state."""
    used, unused = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    used.grad = torch.ones(2, 2)
    optimizer = NovogradOptimizer([used, unused], weight_decay=0.5)
    optimizer.step()
    assert torch.equal(unused.detach(), torch.ones(2, 2))
    assert unused not in optimizer.state
    assert not torch.equal(used.detach(), torch.ones(2, 2))


def test_gradients_are_left_as_they_were() -> None:
    """A step does not change the gradients, which callbacks may look at."""
    weight = torch.ones(3, 2, requires_grad=True)
    weight.grad = torch.full((3, 2), 4.0)
    NovogradOptimizer([weight], weight_decay=0.1).step()
    assert torch.equal(weight.grad, torch.full((3, 2), 4.0))


def test_a_closure_computes_gradients_again() -> None:
    """A closure runs with gradients enabled, and its value comes back."""
    weight = torch.ones(2, requires_grad=True)
    optimizer = NovogradOptimizer([weight])

    def closure() -> torch.Tensor:
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert not torch.equal(weight.detach(), torch.ones(2))


def test_sparse_gradients_are_refused() -> None:
    """A sparse gradient is refused with what to do."""
    embedding = torch.nn.Embedding(5, 3, sparse=True)
    embedding(torch.tensor([1, 2])).sum().backward()
    with pytest.raises(OptimizerError, match="sparse=False"):
        NovogradOptimizer(embedding.parameters()).step()


@pytest.mark.parametrize("bad", [{"lr": -1.0}, {"betas": (0.9, 1.0)}, {"betas": 0.9}, {"eps": -1e-8}])
def test_options_out_of_range_are_refused(bad: dict[str, object]) -> None:
    """Options that make no sense are refused by name."""
    with pytest.raises(OptimizerOptionError, match=f"novograd: .*{next(iter(bad))}"):
        NovogradOptimizer([torch.ones(1, requires_grad=True)], **bad)
