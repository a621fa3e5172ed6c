"""Templates of several modules, registered and used from a file: the same as their modules written out.

Axes: B batch, C channel.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nm_core import (
    Application,
    CompositeModule,
    Graph,
    GraphError,
    NeuralModuleFactory,
    inputs,
    load_application,
    optional,
)
from nm_core.plugins import Collection, Collections, ModuleSpec, hookimpl
from nm_torch import TorchModule, ports
from toys import SquaredError


class Encoder(TorchModule):
    """A linear layer with dropout after it, which draws from a random stream."""

    input_ports = ports(x="B Channel:2")
    output_ports = ports(code="B Encoded:{width}")

    def __init__(self, *, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.layer(x).tanh())


class Decoder(TorchModule):
    """A linear layer to one number."""

    input_ports = ports(code="B Encoded:{width}")
    output_ports = ports(y="B Channel:1")

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, 1)

    def forward(self, code: Tensor) -> Tensor:
        return self.layer(code)


class EncoderDecoder(CompositeModule):
    """An encoder and a decoder, with a loss where there is a target."""

    input_ports = ports(x="B Channel:2", target=optional("B Channel:1"))
    output_ports = ports(y="B Channel:1", loss=optional("; Loss", needs=("target",)))

    def __init__(self, *, width: int, dropout: float = 0.0) -> None:
        self.encoder = Encoder(width=width, dropout=dropout)
        self.decoder = Decoder(width=width)
        self.loss = SquaredError()

    def build(self, x: Any, target: Any = None) -> Any:
        y = self.decoder(self.encoder(x))
        return y, None if target is None else self.loss(y=y, target=target)


class Teacher(CompositeModule):
    """A template inside a template: a student learns a target and what its teacher says."""

    input_ports = ports(x="B Channel:2", target="B Channel:1")
    output_ports = ports(y="B Channel:1", loss="; Loss")

    def __init__(self, *, width: int) -> None:
        self.pair = EncoderDecoder(width=width, name="pair")

    def build(self, x: Any, target: Any) -> Any:
        return self.pair(x=x, target=target)


class Templates:
    """The declaration of the collection."""

    @hookimpl
    def nm_collection(self) -> Collection:
        made = {name: f"toys:{name}" for name in ("Points", "SquaredError")}
        made |= {cls.__name__: f"{__name__}:{cls.__name__}" for cls in (Encoder, Decoder, EncoderDecoder, Teacher)}
        modules = [ModuleSpec(name, "A sample.", targets={"torch": target}) for name, target in made.items()]
        return Collection("toys", "Samples.", modules=modules)


NESTED = """\
nm: app/1
seed: 3
modules:
  data: {type: toys.Points}
  first: {type: toys.EncoderDecoder, params: {width: 4, dropout: 0.1}}
  second: {type: toys.EncoderDecoder, params: {width: 6}}
  teacher: {type: toys.Teacher, params: {width: 4}}
  piece: {graph: piece}
graphs:
  piece:
    inputs: {x: "B Channel:2", target: "B Channel:1"}
    calls:
      - {call: first, inputs: {x: x, target: target}}
      - {call: second, inputs: {x: x, target: first.y}}
    outputs: {y: second.y, first: first.loss, second: second.loss}
  train:
    calls:
      - call: data
      - {call: piece, inputs: {x: data.x, target: data.y}}
      - {call: first, as: again, inputs: {x: data.x, target: piece.y}}
      - {call: teacher, inputs: {x: data.x, target: data.y}}
    outputs: {first: piece.first, second: piece.second, again: again.loss, teacher: teacher.loss}
  infer:
    inputs: {x: "B Channel:2"}
    calls: [{call: first, inputs: {x: x}}, {call: teacher, inputs: {x: x, target: first.y}}]
    outputs: {y: first.y, taught: teacher.y}
tie: [[first.encoder.layer.weight, teacher.pair.encoder.layer.weight]]
freeze: [second.encoder.**]
train:
  optimize: [train.first, train.second, train.again, train.teacher]
  optimizer: {name: adamw, lr: 0.05}
  max_steps: 5
"""

FLAT = """\
nm: app/1
seed: 3
modules:
  data: {type: toys.Points}
  first.encoder: {type: toys.Encoder, params: {width: 4, dropout: 0.1}}
  first.decoder: {type: toys.Decoder, params: {width: 4}}
  second.encoder: {type: toys.Encoder, params: {width: 6}}
  second.decoder: {type: toys.Decoder, params: {width: 6}}
  teacher.pair.encoder: {type: toys.Encoder, params: {width: 4}}
  teacher.pair.decoder: {type: toys.Decoder, params: {width: 4}}
  loss: {type: toys.SquaredError}
graphs:
  train:
    calls:
      - call: data
      - {call: first.encoder, as: a, inputs: {x: data.x}}
      - {call: first.decoder, as: b, inputs: {code: a.code}}
      - {call: loss, as: first, inputs: {y: b.y, target: data.y}}
      - {call: second.encoder, as: c, inputs: {x: data.x}}
      - {call: second.decoder, as: d, inputs: {code: c.code}}
      - {call: loss, as: second, inputs: {y: d.y, target: b.y}}
      - {call: first.encoder, as: e, inputs: {x: data.x}}
      - {call: first.decoder, as: f, inputs: {code: e.code}}
      - {call: loss, as: again, inputs: {y: f.y, target: d.y}}
      - {call: teacher.pair.encoder, as: g, inputs: {x: data.x}}
      - {call: teacher.pair.decoder, as: h, inputs: {code: g.code}}
      - {call: loss, as: teacher, inputs: {y: h.y, target: data.y}}
    outputs: {first: first.loss, second: second.loss, again: again.loss, teacher: teacher.loss}
  infer:
    inputs: {x: "B Channel:2"}
    calls:
      - {call: first.encoder, inputs: {x: x}}
      - {call: first.decoder, inputs: {code: first.encoder.code}}
      - {call: teacher.pair.encoder, inputs: {x: x}}
      - {call: teacher.pair.decoder, inputs: {code: teacher.pair.encoder.code}}
    outputs: {y: first.decoder.y, taught: teacher.pair.decoder.y}
tie: [[first.encoder.layer.weight, teacher.pair.encoder.layer.weight]]
freeze: [second.encoder.**]
init_from: {INIT}
train:
  optimize: [train.first, train.second, train.again, train.teacher]
  optimizer: {name: adamw, lr: 0.05}
  max_steps: 5
"""
HOLDERS = [f"{owner}.{part}" for owner in ("first", "second", "teacher.pair") for part in ("encoder", "decoder")]


@pytest.fixture(scope="module")
def collections() -> Collections:
    """The samples, and what is installed."""
    return Collections.load({"toys": Templates()})


@pytest.fixture
def load(tmp_path: Path, collections: Collections) -> Any:
    """Load the text of a file, or a place."""

    def loaded(text: str | Path, name: str = "app") -> Application:
        path = text
        if isinstance(text, str):
            path = tmp_path / f"{name}.yaml"
            path.write_text(text)
        return load_application(path, collections=collections, placement="cpu", work_dir=tmp_path / "runs" / name)

    return loaded


def weights_of(app: Application) -> dict[str, Tensor]:
    """Return every weight by its full name."""
    return {
        f"{name}.{weight}": value.detach().clone()
        for name, module in app.factory.modules.items()
        for weight, value in module.state_dict().items()  # type: ignore[attr-defined]
    }


def test_templates_are_their_modules_written_out(load: Any, tmp_path: Path) -> None:
    """Used twice, shared, nested in a template and in a graph, tied and frozen: losses and weights equal, bitwise."""
    nested = load(NESTED, "nested")
    begun = nested.save(tmp_path / "begun")
    flat = load(FLAT.replace("{INIT}", "{" + ", ".join(f"{name}: {begun}" for name in HOLDERS) + "}"), "flat")
    before = weights_of(nested)

    results = [app.train(callbacks=[]) for app in (nested, flat)]

    assert [*results[0].losses.values()] == [*results[1].losses.values()]
    trained = weights_of(nested)
    assert trained.keys() == weights_of(flat).keys()
    assert all(torch.equal(value, trained[name]) for name, value in weights_of(flat).items())
    frozen = {name for name, value in before.items() if torch.equal(value, trained[name])}
    assert frozen == {"second.encoder.layer.weight", "second.encoder.layer.bias"}
    assert torch.equal(trained["first.encoder.layer.weight"], trained["teacher.pair.encoder.layer.weight"])


@pytest.mark.parametrize("form", ["saved", "saved.zip"])
def test_templates_are_saved_and_used(load: Any, tmp_path: Path, form: str) -> None:
    """What was saved of templates loads as they were: the same structure, weights, ties and results; and goes on."""
    app = load(NESTED)
    app.train()
    x = torch.linspace(-1, 1, 6).reshape(3, 2)
    expected = app.infer(x=x).collect()

    again = load(app.save(tmp_path / form), "again")

    parts = ("modules", "graphs", "tie", "freeze")
    assert {part: again.canonical[part] for part in parts} == {part: app.canonical[part] for part in parts}
    found = again.infer(x=x).collect()
    for name, values in expected.items():
        assert torch.equal(torch.stack(values), torch.stack(found[name]))
    again.train(max_steps=2)
    weights = weights_of(again)
    assert torch.equal(weights["first.encoder.layer.weight"], weights["teacher.pair.encoder.layer.weight"])
    assert not torch.equal(weights["first.encoder.layer.weight"], weights_of(app)["first.encoder.layer.weight"])


@pytest.mark.parametrize("pattern", ["second.encoder.layr.**", "second.encodr.**"])
def test_freezing_nothing_is_an_error(load: Any, pattern: str) -> None:
    """A pattern that no weight of its module has is said before anything learns."""
    app = load(NESTED.replace("second.encoder.**", pattern))

    with pytest.raises(GraphError, match=r"second\.enco.* is to be frozen, and no weight of second.encoder"):
        app.train()


def test_a_template_used_in_python_is_saved_as_one_module(load: Any, collections: Collections, tmp_path: Path) -> None:
    """What the template expands into does not stand in the file; an output that has no value is left out."""
    nf = NeuralModuleFactory(placement="cpu", collections=collections)
    pair = nf.create("toys.EncoderDecoder", name="pair", width=3)
    graph = Graph({"y": pair(inputs(x="B Channel:2")).y})
    nf.freeze("pair.encoder.**")

    app = load(nf.save(tmp_path / "saved", graphs={"infer": graph}))

    assert list(app.entry.modules) == ["pair"]
    assert app.entry.freeze == ("pair.encoder.**",)
    given = {"x": torch.ones(2, 2)}
    found = torch.stack(app.infer(**given).collect()["y"])
    assert torch.equal(found, torch.stack(nf.infer(graph, inputs=given).collect()["y"]))
    assert torch.equal(found, pair(**given).y)
