"""Casts, transpositions and assumptions are stored in files, and mean there what they mean in Python."""

from pathlib import Path
from typing import Any

import pytest
from nm_core_speech import Encoder, SpeechPlugin

import nm_core._collection
from nm_core import Graph, NeuralModuleFactory, assume, casts, inputs, transpose
from nm_core.application import Application, check_file, load_application
from nm_core.plugins import Collections

COLLECTIONS = Collections.load({"speech": SpeechPlugin(), "nm": nm_core._collection}, installed=False)
HEAD = "nm: app/1\nmodules:\n  encoder: {type: speech.Encoder@1}\n"
GRAPH = """\
graphs:
  infer:
    inputs: {spec: "B T:t Spectrogram:2"}
    calls:
      - {call: encoder, inputs: {signal: %s}%s}
    outputs: {encoded: encoder.encoded}
"""


def problems(tmp_path: Path, text: str) -> str:
    """The report on a file."""
    path = tmp_path / "app.yaml"
    path.write_text(text)
    return str(check_file(path, collections=COLLECTIONS, backend="python"))


def saved(tmp_path: Path, **graphs: Graph) -> Application:
    """Graphs written to a folder and read again."""
    nf = NeuralModuleFactory(backend="python", collections=COLLECTIONS)
    folder = nf.save(tmp_path / "saved", graphs=graphs)
    assert check_file(folder, collections=COLLECTIONS, backend="python").ok
    return load_application(folder, collections=COLLECTIONS, backend="python")


def types_of(graph: Graph) -> list[str]:
    """The types of a graph's tensors."""
    return [str(tensor.type) for call in graph.calls for tensor in call.tensors()]


def test_a_cast_is_stored_with_its_call(tmp_path: Path) -> None:
    """The file says which axes go where, and no other connection of the graph may be cast."""
    spec = inputs(spec="B T:t Spectrogram:2")
    with casts("transpose"):
        encoded, _ = Encoder()(signal=spec)
    graph = Graph({"encoded": encoded})

    app = saved(tmp_path, infer=graph)

    assert app.entry.graphs["infer"].casts == "error"
    assert app.entry.graphs["infer"].calls[0].casts == {"signal": (0, 2, 1)}
    assert "signal: [0, 2, 1]" in app.to_yaml()
    assert app.graphs["infer"].calls[0].typing.casts == {"signal": (0, 2, 1)}
    assert types_of(app.graphs["infer"]) == types_of(graph)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("", "NM104"),
        (", casts: {signal: [0, 2, 1]}", ""),
        (", casts: {signal: [1, 2, 0]}", "is stored with the cast [1, 2, 0], and its types need [0, 2, 1]"),
        (", casts: {signal: [0, 2, 1], length: [1, 0]}", "is stored with the cast [1, 0], and its types need none"),
        (", casts: {signal: [0, -2, 1]}", "Expected"),
        (", casts: {signal: transpose}", "Expected"),
        (", casts: {signal 1: [0, 2, 1]}", "is not the name of a port"),
    ],
)
def test_a_stored_cast_must_be_the_one_that_the_types_need(tmp_path: Path, stored: str, said: str) -> None:
    """A module that changes its types later cannot silently be fed other axes."""
    report = problems(tmp_path, HEAD + GRAPH % ("spec", stored))

    assert said in report
    assert report.endswith("no problems.") is (said == "")


def test_views_are_written_and_read(tmp_path: Path) -> None:
    """A transposition and an assumption are modules of the file, with what was said as parameters."""
    spec = inputs(spec="B T:t Channel:2")
    encoded, _ = Encoder()(signal=assume(transpose(spec, "B Channel T"), "B Spectrogram T"))
    graph = Graph({"encoded": encoded})

    app = saved(tmp_path, infer=graph)

    entries = {name: (entry.type, dict(entry.params)) for name, entry in app.entry.modules.items()}
    assert entries["transpose"] == ("nm.Transpose", {"order": "Batch Channel Time"})
    assert entries["assume"] == ("nm.Assume", {"type": "Batch Spectrogram Time"})
    assert all(not call.casts for call in app.entry.graphs["infer"].calls)
    assert types_of(app.graphs["infer"]) == types_of(graph)


def test_a_view_in_a_file_is_judged_like_one_in_python(tmp_path: Path) -> None:
    """A good order checks; one that tags do not allow, or that is no type, is a problem at its place."""
    head = HEAD + "  turned: {type: nm.Transpose@1, params: {order: %s}}\n"
    graph = (GRAPH % ("turned.y", "")).replace("calls:\n", "calls:\n      - {call: turned, inputs: {x: spec}}\n")

    assert problems(tmp_path, head % "B Spectrogram T" + graph).endswith("no problems.")
    assert "NM101" in problems(tmp_path, head % "B Class T" + graph)
    assert 'no tag "Spectogram"' in problems(tmp_path, head % "B Spectogram T" + graph)
    assert "names every axis" in problems(tmp_path, head % '"B *s"' + graph)


def test_what_runs_in_python_does_not_reach_the_framework_through_a_view(tmp_path: Path) -> None:
    """The check sees through it."""
    text = """\
nm: app/1
modules:
  words: {type: speech.Speller@1, params: {vocabulary: words.txt}}
  seen: {type: nm.Assume@1, params: {type: B Spectrogram:2 T}}
  encoder: {type: speech.Encoder@1}
graphs:
  infer:
    inputs: {scores: "B T Class ; LogProbs"}
    calls:
      - {call: words, inputs: {log_probs: scores}}
      - {call: seen, inputs: {x: words.text}}
      - {call: encoder, inputs: {signal: seen.y}}
    outputs: {encoded: encoder.encoded}
"""
    assert "words.text is computed in Python" not in problems(tmp_path, text)
    assert "NM110" in problems(tmp_path, text)


def test_a_file_whose_calls_cannot_hold_together_is_refused(tmp_path: Path) -> None:
    """The contradiction stands at its connection, and names the other one with its line."""
    text = """\
nm: app/1
modules:
  add: {type: speech.Add@1, params: {width: 2}}
graphs:
  infer:
    inputs: {one: "B Encoded:2 T:t", other: "B:b Encoded:2 T:u", third: "B:b+1 Encoded:2 T:u"}
    calls:
      - {call: add, inputs: {values: [one, other]}}
      - {call: add, as: again, inputs: {values: [one, third]}}
    outputs: {total: add.total, more: again.total}
"""
    report = problems(tmp_path, text)

    assert "app.yaml:9:55" in report
    assert "NM115" in report
    assert "because of other -> add.values[1]" in report
    assert "app.yaml:8:44)" in "".join(report.split())


def test_parameters_that_are_types_stay_types(tmp_path: Path) -> None:
    """A module made from a file has the type itself, with the tags of the collections in use."""
    head = HEAD + "  seen: {type: nm.Assume@1, params: {type: B T Spectrogram:2}}\n"
    graph = (GRAPH % ("seen.y", ", casts: {signal: [0, 2, 1]}")).replace(
        "calls:\n", "calls:\n      - {call: seen, inputs: {x: spec}}\n"
    )
    path = tmp_path / "app.yaml"
    path.write_text(head + graph)
    app: Any = load_application(path, collections=COLLECTIONS, backend="python")

    assert str(app.modules["seen"].params["type"]) == "Batch Time Spectrogram:2"
    assert app.to_yaml() == load_application(path, collections=COLLECTIONS, backend="python").to_yaml()


def test_a_message_about_a_derived_size_says_which_call_made_it(tmp_path: Path) -> None:
    """With its line, and the outputs that belong together."""
    text = """\
nm: app/1
modules:
  halve: {type: speech.Halve@1}
  needs: {type: speech.Needs@1}
graphs:
  infer:
    inputs: {spec: "B C T:t", length: "B ; Lengths(t)"}
    calls:
      - {call: halve, inputs: {frames: spec, length: length}}
      - {call: needs, inputs: {frames: halve.frames, length: length}}
    outputs: {y: needs.y}
"""
    report = " ".join(problems(tmp_path, text).split())

    assert "NM108" in report
    assert "(inputs.t+1)//2 is made by halve.frames" in report
    assert "app.yaml:9:9)." in report
    assert "connect halve.frames and halve.length together" in report
