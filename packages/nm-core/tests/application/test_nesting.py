"""Graphs inside graphs of a file: shared data layers, casts, open ends and constants, as when they are built."""

from pathlib import Path
from typing import Any

import pytest
from nm_core_random import COLLECTIONS
from nm_core_zoo import Encoder, Pair, Source, Speller, Sum, evaluate

from nm_core import Graph, NeuralModuleFactory, casts, inputs
from nm_core.application import Application, check_file, load_application
from nm_core.application.saved.graph_entries import application_of

HEAD = """\
nm: app/1
modules:
  data: {type: zoo.Source, params: {manifest: /data/train.txt}}
  encoder: {type: zoo.Encoder}
  half: {type: zoo.Half}
  sum: {type: zoo.Sum}
  pair: {type: zoo.Pair}
  fill: {type: zoo.Fill}
  trainer: {type: zoo.Trainer}
  filled: {type: zoo.Filled}
  inner: {graph: inner}
  outer: {graph: outer}
"""


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Load graphs of the modules above; what is not called is only noted."""

    def loaded(graphs: str) -> Application:
        path = tmp_path / "app.yaml"
        path.write_text(HEAD + graphs)
        return load_application(path, collections=COLLECTIONS, backend="python")

    return loaded


def rewritten(app: Application) -> dict[str, Any]:
    """Return the calls of each graph as Python writes them."""
    entry, _ = application_of(app.graphs, COLLECTIONS)
    return {name: {call.label: dict(call.casts) for call in graph.calls} for name, graph in entry.graphs.items()}


def test_a_data_layer_has_a_name_in_each_graph(load: Any) -> None:
    """It is one stream with one call, and `as:` in one graph does not show in another."""
    app = load("""\
graphs:
  inner: {inputs: {x: "B C T"}, calls: [{call: half, inputs: {x: x}}], outputs: {y: half.y}}
  outer: {inputs: {x: "B C T"}, calls: [{call: inner, inputs: {x: x}}], outputs: {y: inner.y}}
  train: {calls: [{call: data, as: stream}, {call: half, inputs: {x: stream.spec}}], outputs: {y: half.y}}
  eval: {calls: [{call: data}, {call: half, inputs: {x: data.spec}}], outputs: {y: half.y}}
""")

    assert [set(app.graphs[name].labels.values()) for name in ("train", "eval")] == [
        {"stream", "half"},
        {"data", "half"},
    ]
    assert app.graphs["train"].calls[0] is app.graphs["eval"].calls[0]
    written = rewritten(app)
    assert (list(written["train"]), list(written["eval"])) == (["stream", "half"], ["data", "half"])


NESTED = """\
graphs:
  inner:
    inputs: {x: "B T:t Spectrogram:2"}
    calls: [{call: encoder, inputs: {signal: x}, casts: {signal: [0, 2, 1]}}]
    outputs: {y: encoder.encoded}
  outer:
    inputs: {x: "B %s"}
    calls: [{call: inner, inputs: {x: x}%s}]
    outputs: {y: inner.y}
"""


@pytest.mark.parametrize(
    ("axes", "cast", "inside"),
    [("T:t Spectrogram:2", "", (0, 2, 1)), ("Spectrogram:2 T:t", ", casts: {x: [0, 2, 1]}", None)],
)
def test_what_casts_inside_casts_as_far_as_it_has_to(load: Any, axes: str, cast: str, inside: Any) -> None:
    """A nested graph that casts takes its input in either order; what is stored inside is what it needs alone."""
    app = load(NESTED % (axes, cast))

    (call,) = app.graphs["outer"].calls
    assert call.typing.casts.get("signal") == inside
    assert rewritten(app) == {
        "inner": {"encoder": {"signal": (0, 2, 1)}},
        "outer": {"inner": {"x": (0, 2, 1)} if cast else {}},
    }


def test_a_cast_before_a_composite_is_stored_with_its_call(load: Any) -> None:
    """And it is the one that the types need, as for any module."""
    spec = inputs(spec="B T:t Spectrogram:2")
    with casts("transpose"):
        encoded, _ = Pair(name="pair")(signal=spec)
    entry, _ = application_of({"infer": Graph({"y": encoded})}, COLLECTIONS)

    assert entry.graphs["infer"].casts == "error"
    assert entry.graphs["infer"].calls[0].casts == {"signal": (0, 2, 1)}
    app = load("""\
graphs:
  inner: {inputs: {x: "B C T"}, calls: [{call: half, inputs: {x: x}}], outputs: {y: half.y}}
  outer: {inputs: {x: "B C T"}, calls: [{call: inner, inputs: {x: x}}], outputs: {y: inner.y}}
  infer:
    inputs: {spec: "B T:t Spectrogram:2"}
    calls: [{call: pair, inputs: {signal: spec}, casts: {signal: [0, 2, 1]}}]
    outputs: {y: pair.encoded}
""")
    assert rewritten(app)["infer"] == {"pair": {"signal": (0, 2, 1)}}
    assert evaluate(app.graphs["infer"])["y"] != evaluate(Graph({"y": encoded}))["y"]  # other weights
    assert [call.typing.casts for call in app.graphs["infer"].calls] == [{"signal": (0, 2, 1)}]


UNUSED = """\
graphs:
  inner:
    inputs: {x: "B C T:t", z: "B C T:8"}
    calls: [{call: half, inputs: {x: x}}, {call: half, as: other, inputs: {x: z}}]
    outputs: {y: half.y, w: other.y}
  outer:
    inputs: {x: "B C T:t", z: "B C T:t"}
    calls: [{call: inner, inputs: {x: x, z: z}}]
    outputs: {y: inner.y}
  infer:
    inputs: {x: "B C T:6", z: "B C T"}
    calls: [{call: outer, inputs: {x: x, z: z}}]
    outputs: {y: outer.y}
"""


def test_what_leads_to_no_output_used_is_left_out_of_both(load: Any) -> None:
    """A nested graph of which one output is used asks only for what that one needs; it can be nested again."""
    app = load(UNUSED)

    assert [call.module.name for call in app.graphs["infer"].calls] == ["half"]
    assert str(app.graphs["infer"].outputs["y"].type) == "Batch Channel Time:3"


def test_a_constant_may_be_given_to_a_graph(load: Any) -> None:
    """It becomes a constant of the calls inside, also where a call is given nothing else."""
    app = load("""\
graphs:
  inner:
    inputs: {x: "B C T", scale: "; Features"}
    calls: [{call: sum, inputs: {values: [x], scale: scale}}, {call: fill, inputs: {value: scale}}]
    outputs: {y: sum.total, z: fill.row}
  outer: {inputs: {x: "B C T"}, calls: [{call: inner, inputs: {x: x, scale: 0.5}}], outputs: {y: inner.y, z: inner.z}}
""")
    assert [
        call.inputs[port].value for call, port in zip(app.graphs["outer"].calls, ("scale", "value"), strict=True)
    ] == [
        0.5,
        0.5,
    ]


def test_the_names_of_modules_do_not_depend_on_the_order_of_writing() -> None:
    """Neither that of the graphs nor that of outputs decides which of two modules of one name keeps it."""
    scores = inputs(scores="B T Class ; LogProbs")
    made = {name: Graph({"text": Speller(vocabulary=f"/{name}.txt")(log_probs=scores)}) for name in ("one", "two")}
    first, second = (Encoder(name=name)(signal=Source(manifest="/x")().spec).encoded for name in ("a", "b"))
    shared = Sum()
    tensors = {"a": shared(values=[first]), "b": shared(values=[second])}

    entries = [application_of(dict(items), COLLECTIONS)[0] for items in (made.items(), reversed(made.items()))]
    graphs = [Graph(dict(items)) for items in (tensors.items(), reversed(tensors.items()))]
    labels = [application_of({"g": graph}, COLLECTIONS)[0].graphs["g"] for graph in graphs]

    assert entries[0] == entries[1]
    assert labels[0] == labels[1]


def test_graphs_that_are_saved_load_to_equal_ones(tmp_path: Path) -> None:
    """A folder written from Python is the application that a file with the same content is."""
    nf = NeuralModuleFactory(backend="python", collections=COLLECTIONS)
    spec = inputs(spec="B Spectrogram:2 T:t")
    inner = Graph({"encoded": nf.create("zoo.Encoder")(signal=spec).encoded}, name="inner")
    x = inputs(x="B:4 Spectrogram T")
    folder = nf.save(tmp_path / "saved", graphs={"infer": Graph({"y": inner(spec=x)})})

    app = load_application(folder, collections=COLLECTIONS, backend="python")
    path = tmp_path / "app.yaml"
    path.write_text(app.to_yaml(), encoding="utf-8")

    assert check_file(folder, collections=COLLECTIONS, backend="python").ok
    assert load_application(path, collections=COLLECTIONS, backend="python") == app


def test_what_a_graph_is_given_is_written_also_where_it_is_not_needed(load: Any) -> None:
    """The call that makes it stands in the file, since the nested graph needs its input connected."""
    app = load("""\
graphs:
  inner:
    inputs: {x: "B C T", z: "B C T"}
    calls: [{call: half, inputs: {x: x}}, {call: sum, inputs: {values: [z]}}]
    outputs: {y: half.y, w: sum.total}
  outer:
    inputs: {x: "B C T"}
    calls: [{call: half, inputs: {x: x}}, {call: inner, inputs: {x: x, z: half.y}}]
    outputs: {y: inner.y}
""")

    assert len(app.graphs["outer"].calls) == 1
    assert list(rewritten(app)["outer"]) == ["half", "inner"]


def test_an_input_of_which_nested_graphs_make_nothing_is_a_port(load: Any) -> None:
    """What the file declares can be given, also where the output used follows from a constant."""
    app = load("""\
graphs:
  inner:
    inputs: {x: "B C T"}
    calls: [{call: fill, inputs: {value: {value: 1}}}, {call: half, inputs: {x: x}}]
    outputs: {y: fill.row, z: half.y}
  outer: {inputs: {x: "B C T"}, calls: [{call: inner, inputs: {x: x}}], outputs: {y: inner.y}}
  infer: {inputs: {x: "B C T"}, calls: [{call: outer, inputs: {x: x}}], outputs: {y: outer.y}}
""")

    assert [list(app.graphs[name].inputs) for name in ("outer", "infer")] == [["x"], ["x"]]
    assert app.graphs["infer"].needed == {}
    assert [call.module.name for call in app.graphs["infer"].calls] == ["fill"]
    assert rewritten(app)["infer"] == {"outer": {}}


def test_views_in_a_circle_are_a_circle(tmp_path: Path) -> None:
    """Looking for who makes a value behind them comes to an end."""
    path = tmp_path / "app.yaml"
    path.write_text("""\
nm: app/1
modules:
  one: {type: nm.Assume, params: {type: B C T}}
  other: {type: nm.Assume, params: {type: B C T}}
  half: {type: zoo.Half}
graphs:
  infer:
    calls:
      - {call: one, inputs: {x: other.y}}
      - {call: other, inputs: {x: one.y}}
      - {call: half, inputs: {x: one.y}}
    outputs: {y: half.y}
""")

    assert "wait for each other" in str(check_file(path, collections=COLLECTIONS, backend="python"))


def test_a_constant_may_be_given_to_a_composite(load: Any) -> None:
    """Modules inside that are given nothing else take it as a constant of the graph, and compute nothing yet."""
    app = load("""\
graphs:
  inner: {inputs: {x: "B C T"}, calls: [{call: filled, inputs: {value: 2.0, x: x}}],
    outputs: {row: filled.row, y: filled.y}}
  outer: {inputs: {x: "B C T"}, calls: [{call: inner, inputs: {x: x}}], outputs: {row: inner.row, y: inner.y}}
""")

    assert [call.module.name for call in app.graphs["outer"].calls] == ["filled.fill", "filled.half"]


def test_a_view_of_a_constant_is_refused(tmp_path: Path) -> None:
    """It has no axes to speak of."""
    path = tmp_path / "app.yaml"
    path.write_text(
        "nm: app/1\nmodules: {seen: {type: nm.Assume, params: {type: B C T}}}\n"
        "graphs: {infer: {calls: [{call: seen, inputs: {x: 1}}], outputs: {y: seen.y}}}\n"
    )

    assert "app.yaml:3:47: seen speaks of named axes" in str(
        check_file(path, collections=COLLECTIONS, backend="python")
    )


def test_constants_alone_do_not_make_a_nested_graph_compute(load: Any) -> None:
    """A call of a file is a call of its graph, whatever it is given."""
    app = load("""\
graphs:
  inner: {inputs: {x: "; Features"}, calls: [{call: fill, inputs: {value: x}}], outputs: {y: fill.row}}
  outer: {calls: [{call: inner, inputs: {x: 1}}], outputs: {y: inner.y}}
""")

    assert [call.inputs["value"].value for call in app.graphs["outer"].calls] == [1]
