"""What is built in Python becomes a file that loads to an equal application."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nm_core_speech import Add, Decoder, EncodeDecode, Encoder, Frames, Loss, SpeechPlugin, Speller, Unregistered

import nm_core
from nm_core import Graph, NeuralModuleFactory
from nm_core.application import ApplicationError, check_file, load_application
from nm_core.application.checking import check
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.canonical import canonical_data
from nm_core.application.saved.document import parse_document
from nm_core.application.saved.graph_entries import application_of
from nm_core.application.text.problems import Problems
from nm_core.application.text.writers import to_json, to_yaml
from nm_core.plugins import Collections

COLLECTIONS = Collections.load({"speech": SpeechPlugin()}, installed=False)


def words(tmp_path: Path) -> str:
    """Write a vocabulary."""
    path = tmp_path / "vocabulary.txt"
    path.write_text("no\nyes\nmaybe\n")
    return str(path)


def factory() -> NeuralModuleFactory:
    """Make a factory on the backend of the samples."""
    return NeuralModuleFactory(backend="python", collections=COLLECTIONS)


def entry_of(**graphs: Graph) -> Any:
    """Return graphs as an application."""
    return application_of(graphs, COLLECTIONS)[0]


def test_a_python_graph_saves_and_loads(tmp_path: Path) -> None:
    """`nf.save` writes a folder from which the graph runs as it did."""
    nf = factory()
    spec, length, _ = Frames(manifest=__file__)()
    encoder, decoder = nf.create("speech.Encoder"), nf.create("speech.Decoder")
    speller = Speller(vocabulary=words(tmp_path))
    encoded, _ = encoder(signal=spec, length=length)
    text = speller(log_probs=decoder(encoded=encoded))
    nf.tie("encoder.weight", "decoder.weight")
    nf.freeze("encoder.**")

    graph = Graph({"text": text}, inputs={"spec": spec, "length": length})

    folder = nf.save(tmp_path / "saved", graphs={"infer": graph})
    (tmp_path / "vocabulary.txt").unlink()
    app = load_application(folder, collections=COLLECTIONS, backend="python")

    assert app.entry.graphs["infer"].inputs == {
        "spec": "Batch Spectrogram:2 Time:t",
        "length": "Batch ; Lengths(t)",
    }
    assert app.entry.tie == (("encoder.weight", "decoder.weight"),)
    assert app.entry.freeze == ("encoder.**",)
    assert app.modules["encoder"].weight == encoder.weight  # type: ignore[attr-defined]
    batch: dict[str, Any] = {"spec": [[1.0, 2.0]], "length": [2]}
    assert app.infer(**batch).collect() == nf.infer(graph, inputs=batch).collect()


def test_free_inputs_keep_their_types(tmp_path: Path) -> None:
    """A graph written with `nm_core.inputs` saves the types that were written, and they check."""
    spec, other = nm_core.inputs(spec="B Spectrogram:2 T:t", other="B Spectrogram:2 T:t//2+1")
    encoder = Encoder()
    total = Add()(values=[encoder(signal=spec).encoded, encoder(signal=other).encoded])

    folder = factory().save(tmp_path / "saved", graphs={"infer": Graph({"total": total})})

    assert check_file(folder, collections=COLLECTIONS, backend="python").ok
    app = load_application(folder, collections=COLLECTIONS, backend="python")
    assert app.entry.graphs["infer"].inputs["other"] == "Batch Spectrogram:2 Time:t//2+1"
    assert [call.label for call in app.entry.graphs["infer"].calls] == ["encoder", "encoder_2", "add"]


def test_composites_are_one_call() -> None:
    """A composite module is written as one module and one call, however many calls it expands into."""
    spec = nm_core.inputs(spec="B Spectrogram:2 T:t")
    both = EncodeDecode(name="both")
    entry = entry_of(infer=Graph({"first": both(signal=spec), "second": both(signal=spec)}))

    assert list(entry.modules) == ["both"]
    assert entry.modules["both"].type == "speech.EncodeDecode"
    assert [call.label for call in entry.graphs["infer"].calls] == ["both", "both_2"]


def test_composites_are_saved_with_their_weights(tmp_path: Path) -> None:
    """The modules inside keep a file each, under the composite's name."""
    spec = nm_core.inputs(spec="B Spectrogram:2 T:t")
    both = EncodeDecode(name="both")
    folder = factory().save(tmp_path / "saved", graphs={"infer": Graph({"scores": both(signal=spec)})})
    app = load_application(folder, collections=COLLECTIONS, backend="python")

    assert sorted(path.name for path in (folder / "weights").iterdir()) == [
        "both.decoder.safetensors",
        "both.encoder.safetensors",
    ]
    expected = 3.0 * both.encoder.weight + both.decoder.weight
    assert app.infer(spec=[[1.0, 2.0]]).collect()["scores"] == [pytest.approx(expected)]


def test_constants_are_written() -> None:
    """A number beside symbolic tensors is part of the graph."""
    spec = nm_core.inputs(log_probs="B T:t Class ; LogProbs", labels="B Token:u ; Labels")
    entry = entry_of(train=Graph({"loss": Loss()(log_probs=spec.log_probs, labels=spec.labels, scale=0.5)}))

    assert application_data(entry)["graphs"]["train"]["calls"][0]["inputs"]["scale"] == 0.5  # type: ignore[index, call-overload]


def test_what_no_file_can_hold_is_named(tmp_path: Path) -> None:
    """Live objects and unregistered classes are listed together, with what to do."""

    class Live(nm_core.NeuralModule):
        input_ports = nm_core.ports(text="list[object Text]")
        output_ports = nm_core.ports(text="list[object Text]")

        def __init__(self, *, function: Any) -> None: ...

    text = nm_core.inputs(text="list[object Text]")
    graph = Graph({"text": Live(function=print)(text=Unregistered()(text=text))})

    with pytest.raises(ApplicationError, match="has no id") as caught:
        factory().save(tmp_path / "saved", graphs={"infer": graph})

    assert "unregistered cannot be written to a file" in str(caught.value)
    assert "live (test_what_no_file_can_hold_is_named.<locals>.Live) cannot be written" in str(caught.value)
    assert "ModuleSpec(" in str(caught.value)
    assert not (tmp_path / "saved").exists()


def test_modules_without_weights_may_share_a_name(tmp_path: Path) -> None:
    """In a file each gets one of its own."""
    scores = nm_core.inputs(scores="B T Class ; LogProbs")
    vocabulary = words(tmp_path)
    texts = {name: Speller(vocabulary=vocabulary)(log_probs=scores) for name in ("one", "two")}
    entry = entry_of(infer=Graph(texts))

    assert list(entry.modules) == ["speller", "speller_2"]


@st.composite
def graphs(draw: Any) -> Graph:
    """Draw a random graph: encoders, shared or not, decoders and sums in any arrangement."""
    spec = nm_core.inputs(spec="B Spectrogram:2 T:t")
    encoders = [
        Encoder(name=f"encoder{i}", stride=draw(st.sampled_from([1, 1, 2]))) for i in range(draw(st.integers(1, 3)))
    ]
    values = [
        encoder(signal=spec).encoded for encoder in draw(st.lists(st.sampled_from(encoders), min_size=1, max_size=4))
    ]
    for index in range(draw(st.integers(0, 3))):
        same = [value for value in values if value.type == values[0].type]
        picked = draw(st.lists(st.sampled_from(same), min_size=1, max_size=3))
        values.append(Add(name=f"add{index}")(values=picked))
    decoder = Decoder(name="decoder", classes=draw(st.integers(1, 5)))
    ends = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
    return Graph({f"out{index}": decoder(encoded=value) for index, value in enumerate(ends)}, name="g")


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_python_and_file_are_the_same_thing(graph: Graph) -> None:
    """Python to file to Python and back: equal structure, types, casts and canonical text, in YAML and in JSON."""
    entry = entry_of(g=graph)
    loaded = []
    for name, text in (("a.yaml", to_yaml(application_data(entry))), ("a.json", to_json(application_data(entry)))):
        document = parse_document(text, Path(name))
        assert document.entry is not None, document.problems.report()
        checked = check(document.entry, document.problems, COLLECTIONS, root=document.root, backend="python")
        assert document.problems.report().ok, document.problems.report()
        loaded.append((document.entry, checked))

    (from_yaml, checked), (from_json, _) = loaded
    assert from_yaml == from_json == entry
    assert canonical_data(from_yaml, checked) == canonical_data(
        entry, check(entry, Problems("a"), COLLECTIONS, backend="python")
    )
    typed = checked.graphs["g"]
    for name, tensor in graph.outputs.items():
        assert str(typed.outputs[name]) == str(tensor.type)


@settings(deadline=None, max_examples=20)
@given(graphs(), st.randoms())
def test_the_canonical_form_does_not_depend_on_the_order_of_writing(graph: Graph, random: Any) -> None:
    """Calls and modules in any order give the same canonical data."""
    data = application_data(entry_of(g=graph))
    shuffled = dict(data)
    modules = list(data["modules"].items())  # type: ignore[union-attr]
    random.shuffle(modules)
    shuffled["modules"] = dict(modules)
    calls = list(data["graphs"]["g"]["calls"])  # type: ignore[index, call-overload, arg-type]
    random.shuffle(calls)
    shuffled["graphs"] = {"g": data["graphs"]["g"] | {"calls": calls}}  # type: ignore[index, call-overload, operator]

    canonical = []
    for version in (data, shuffled):
        document = parse_document(to_yaml(version), Path("a.yaml"))
        assert document.entry is not None
        checked = check(document.entry, document.problems, COLLECTIONS, backend="python")
        canonical.append(to_json(canonical_data(document.entry, checked)))

    assert canonical[0] == canonical[1]


def test_a_graph_in_a_graph_is_a_module_of_the_file(tmp_path: Path) -> None:
    """Nested twice, called twice, sharing an encoder: the file keeps the structure, and computes the same."""
    encoder, decoder = Encoder(), Decoder()
    front = Graph({"encoded": encoder(signal=nm_core.inputs(spec="B Spectrogram:2 T:t")).encoded}, name="front")
    whole = Graph({"scores": decoder(encoded=front(spec=nm_core.inputs(s="B Spectrogram:2 T:t")))}, name="whole")
    one, other = nm_core.inputs(one="B Spectrogram:2 T:t", other="B Spectrogram:2 T:u")
    infer = Graph({"a": whole(s=one), "b": whole(s=other), "c": front(spec=one)})

    folder = factory().save(tmp_path / "saved", graphs={"infer": infer})
    app = load_application(folder, collections=COLLECTIONS, backend="python")

    assert {name: entry.graph for name, entry in app.entry.modules.items() if entry.graph} == {
        "whole": "whole",
        "front": "front",
    }
    assert list(app.entry.graphs) == ["front", "infer", "whole"]
    assert [call.label for call in app.entry.graphs["infer"].calls] == ["front", "whole", "whole_2"]
    assert app.graphs["whole"].modules["encoder"] is app.graphs["front"].modules["encoder"]
    assert check_file(folder, collections=COLLECTIONS, backend="python").ok
    batch: dict[str, Any] = {"one": [[1.0, 2.0]], "other": [[3.0, 4.0]]}
    assert app.infer(**batch).collect() == factory().infer(infer, inputs=batch).collect()


def test_two_graphs_of_one_name_are_two_graphs_in_the_file(tmp_path: Path) -> None:
    """Graphs built in Python are all called graph where nobody names them."""
    first, second = (
        Graph({"encoded": Encoder(name=name)(signal=nm_core.inputs(spec="B Spectrogram:2 T:t")).encoded})
        for name in ("one", "two")
    )
    spec = nm_core.inputs(spec="B Spectrogram:2 T:t")

    entry = entry_of(infer=Graph({"a": first(spec=spec), "b": second(spec=spec)}))

    assert [call.module for name, graph in entry.graphs.items() if name != "infer" for call in graph.calls] == [
        "one",
        "two",
    ]
