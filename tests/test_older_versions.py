"""Weights that older versions of modules wrote: found by the names that they have now, from wherever they were saved.

Axes: B batch, C channel.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nm_core import Application, CompositeModule, load_application
from nm_core.plugins import Collection, Collections, ModuleSpec, Upgrade, hookimpl
from nm_torch import TorchModule, ports
from nm_torch.checkpoint import CheckpointMismatchError
from toys import Perceptron


class Encoder(TorchModule):
    """A linear layer, as it was called first."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(y="B Channel:2")

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Reader(TorchModule):
    """The same, as it is called now."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(y="B Channel:2")

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


class Older(CompositeModule):
    """A template of version 1."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(y="B Channel:1")

    def __init__(self) -> None:
        self.encoder = Encoder(name="encoder")
        self.rest = Perceptron(name="rest")

    def build(self, x: Any) -> Any:
        return self.rest(self.encoder(x))


class Newer(CompositeModule):
    """The same of version 2, with a module inside under another name."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(y="B Channel:1")

    def __init__(self) -> None:
        self.reader = Reader(name="reader")
        self.rest = Perceptron(name="rest")

    def build(self, x: Any) -> Any:
        return self.rest(self.reader(x))


class Release:
    """A release of the collection."""

    def __init__(self, pair: ModuleSpec) -> None:
        self.pair = pair

    @hookimpl
    def nm_collection(self) -> Collection:
        others = [
            ModuleSpec(name, "A sample.", targets={"torch": f"toys:{name}"}) for name in ("Points", "SquaredError")
        ]
        return Collection("toys", "Samples.", modules=[self.pair, *others])


OLD = Release(ModuleSpec("Pair", "A template.", targets={"torch": f"{__name__}:Older"}))
NEW = Release(
    ModuleSpec(
        "Pair",
        "A template.",
        targets={"torch": f"{__name__}:Newer"},
        version=2,
        upgrades={1: Upgrade(weights={"encoder": "reader", "encoder.layer": "reader.linear"})},
    )
)
APP = """\
nm: app/1
modules:
  data: {type: toys.Points}
  one: {type: toys.Pair@1}
  two: {type: toys.Pair@1}
  loss: {type: toys.SquaredError}
graphs:
  train:
    calls:
      - call: data
      - {call: one, inputs: {x: data.x}}
      - {call: two, inputs: {x: data.x}}
      - {call: loss, inputs: {y: one.y, target: two.y}}
    outputs: {loss: loss.loss}
  infer:
    inputs: {x: "B Channel:2"}
    calls: [{call: one, inputs: {x: x}}, {call: two, inputs: {x: x}}]
    outputs: {one: one.y, two: two.y}
tie: [[two.encoder.layer.weight, one.encoder.layer.weight]]
train: {optimize: [train.loss], optimizer: {name: sgd, lr: 0.1}, max_steps: 2, callbacks: [{type: checkpoint}]}
"""
X = torch.linspace(-1, 1, 6).reshape(3, 2)


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Load an application with a release of the collection."""

    def loaded(path: Path, release: Release, **settings: Any) -> Application:
        collections = Collections.load({"toys": release})
        return load_application(path, collections=collections, placement="cpu", work_dir=tmp_path / "run", **settings)

    return loaded


@pytest.fixture
def old(load: Any, tmp_path: Path) -> Application:
    """An application that version 1 trained; a checkpoint is in the run's folder."""
    (tmp_path / "app.yaml").write_text(APP)
    app: Application = load(tmp_path / "app.yaml", OLD)
    app.train()
    return app


def results(app: Application) -> Tensor:
    """Return what it makes of a few points."""
    collected = app.infer(x=X).collect()
    return torch.stack(collected["one"] + collected["two"])


@pytest.mark.parametrize("form", ["saved", "saved.zip", "checkpoint"])
def test_weights_of_an_older_version_are_found(old: Application, load: Any, tmp_path: Path, form: str) -> None:
    """Saved by version 1, they are those of version 2: tied ones, and those of a module inside that was renamed."""
    if form == "checkpoint":
        (place,) = (tmp_path / "run" / "checkpoints").glob("0*")
        path = tmp_path / "begins.yaml"
        path.write_text(APP + f"init_from: {{one: {place}, two: {place}}}\n")
    else:
        path = old.save(tmp_path / form)

    assert torch.equal(results(load(path, NEW)), results(old))


def test_a_checkpoint_resumes_with_the_versions_that_wrote_it(old: Application, load: Any, tmp_path: Path) -> None:
    """The state of an optimizer belongs to weights as they were; the message names the versions and the way on."""
    app = load(tmp_path / "app.yaml", NEW)

    with pytest.raises(CheckpointMismatchError, match=r"one is toys.Pair@1 there and toys.Pair@2 here(.|\n)*init_from"):
        app.train(resume="auto")
    assert load(tmp_path / "app.yaml", OLD).train(resume="auto", max_steps=3).step == 3
