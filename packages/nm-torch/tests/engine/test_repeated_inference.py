"""Inference again and again: lowered once, nothing grows, and any number of threads give the results of one."""

import gc
import linecache
import weakref
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import torch
from nm_torch_samples import Mean, Ragged
from torch import Tensor, fx, nn

from nm_core import Graph, NeuralModuleFactory, inputs, load_application
from nm_core.application import Application
from nm_torch import TorchModule, ports
from nm_torch.common import Dropout, Linear
from nm_torch.engine import forward


class Norm(TorchModule):
    """A normalisation with running statistics."""

    input_ports = ports(x="B T:t Channel:4")
    output_ports = ports(y="B T:t Channel:4")

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise over batch and time."""
        y: Tensor = self.norm(x.transpose(1, 2))
        return y.transpose(1, 2)


class Dither(TorchModule):
    """Noise, in evaluation mode too."""

    input_ports = ports(x="B T:t Channel:4")
    output_ports = ports(y="B T:t Channel:4")

    def forward(self, x: Tensor) -> Tensor:
        """Add noise."""
        return x + torch.randn_like(x)


@pytest.fixture
def lowerings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The graphs that were lowered for actions, by name."""
    names: list[str] = []
    lower = forward.lower
    monkeypatch.setattr(forward, "lower", lambda plan: names.append(plan.graph.name) or lower(plan))
    return names


def network(*, noise: bool = False) -> Graph:
    """A graph with running statistics and dropout, and noise if wanted."""
    x = inputs(x="B T:t Channel:4")
    y = Dropout(probability=0.5)(x=Norm()(x=Dither()(x=x) if noise else x))
    return Graph({"y": Linear(input_size=4, output_size=2, name="head")(y)}, name="infer")


@pytest.fixture
def app(tmp_path: Path) -> Application:
    """A saved application."""
    x = inputs(x="B T:t Channel:4")
    y = Linear(input_size=4, output_size=2, name="head")(Dropout(probability=0.5)(x=x))
    path = NeuralModuleFactory(placement="cpu").save(tmp_path / "app", {"infer": Graph({"y": y})})
    return load_application(path, placement="cpu")


def run_in_threads(count: int, run: Callable[[int], Any]) -> list[Any]:
    """The results of a function of the thread's number, begun at once."""
    barrier, results = Barrier(count), [None] * count

    def target(number: int) -> None:
        barrier.wait()
        results[number] = run(number)

    threads = [Thread(target=target, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_graph_is_lowered_once(app: Application, lowerings: list[str]) -> None:
    """By an application, by tensors and by an evaluation, however often."""
    x = torch.randn(2, 3, 4)
    for _ in range(5):
        app.infer(x=x).collect()
    assert lowerings == ["infer"]

    nf, tensor, metric = NeuralModuleFactory(placement="cpu"), network().outputs["y"], Mean(value=Ragged()().index)
    for _ in range(5):
        nf.infer([tensor], inputs={"x": x}).collect()
    assert lowerings == ["infer"] * 2
    for _ in range(2):
        nf.eval(metric)
    assert len(lowerings) == 2  # there is nothing of the framework in it


def test_two_factories_each_have_their_own(lowerings: list[str]) -> None:
    """A graph runs in the precision of each, in any order."""
    graph, x = network(), torch.randn(2, 3, 4)
    factories = [NeuralModuleFactory(placement="cpu", precision=name) for name in ("fp32", "bf16")]
    rows = [nf.infer(graph, inputs={"x": x}).collect()["y"][0] for nf in factories * 2]
    assert len(lowerings) == 2
    assert torch.equal(rows[0], rows[2])
    assert torch.equal(rows[1], rows[3])
    assert not torch.equal(rows[0], rows[1])


def test_nothing_grows(app: Application) -> None:
    """No objects, no sources of generated code."""
    x = torch.randn(2, 3, 4)

    def count() -> tuple[int, int, int]:
        gc.collect()
        sources = getattr(fx.graph_module, "_loader", None)
        return len(gc.get_objects()), len(linecache.cache), len(getattr(sources, "eval_cache", ()))

    for _ in range(20):
        app.infer(x=x).collect()
    before = count()
    for _ in range(1000):
        app.infer(x=x).collect()
    after = count()
    assert after[0] - before[0] < 50
    assert after[1:] == before[1:]


def test_what_is_prepared_goes_with_its_graph() -> None:
    """A factory does not keep the graphs of tensors that nobody has any more."""
    nf = NeuralModuleFactory(placement="cpu")

    def run() -> "weakref.ref[Any]":
        x = inputs(x="B T:t Channel:4")
        y = Dither()(x=x)
        nf.infer([y], inputs={"x": torch.randn(1, 2, 4)}).collect()
        return weakref.ref(y.call)

    call = run()
    gc.collect()
    assert call() is None


def test_a_loaded_application_is_in_evaluation_mode(app: Application) -> None:
    """Before an action, and after one."""
    modules: list[Any] = list(app.modules.values())
    assert not any(part.training for module in modules for part in module.modules())
    app.infer(x=torch.randn(2, 3, 4)).collect()
    assert not any(part.training for module in modules for part in module.modules())


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("noise", [False, True])
def test_threads_give_the_results_of_one(training: bool, noise: bool) -> None:
    """Bitwise, whatever mode the modules are in elsewhere; and they change nothing."""
    graph, nf = network(noise=noise), NeuralModuleFactory(placement="cpu", seed=3)
    modules: list[Any] = [module.train(training) for module in graph.modules.values() if isinstance(module, nn.Module)]
    weights = {name: value.clone() for module in modules for name, value in module.state_dict().items()}
    batches = [torch.randn(2, 5 + number, 4) for number in range(8)]
    expected = [nf.infer(graph, inputs={"x": x}).collect()["y"] for x in batches]
    other, second = network(noise=noise), NeuralModuleFactory(placement="cpu")
    state = torch.get_rng_state()

    def run(number: int) -> bool:
        second.infer(other, inputs={"x": batches[number]}).collect()  # lowered by one of them, as they all begin
        rows = [nf.infer(graph, inputs={"x": batches[number]}).collect()["y"] for _ in range(25)]
        return all(torch.equal(a, b) for row in rows for a, b in zip(row, expected[number], strict=True))

    assert run_in_threads(8, run) == [True] * 8
    assert all(part.training is training for module in modules for part in module.modules())
    assert all(torch.equal(weights[n], v) for module in modules for n, v in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_deterministic_algorithms_are_switched_off_by_the_last_thread() -> None:
    """No thread ends with the switches of another, and the process has its own back."""
    graph, nf = network(), NeuralModuleFactory(placement="cpu", deterministic=True)
    run_in_threads(8, lambda number: [nf.infer(graph, inputs={"x": torch.randn(1, 2, 4)}).collect() for _ in range(25)])
    assert not torch.are_deterministic_algorithms_enabled()
