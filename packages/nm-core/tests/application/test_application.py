"""An application from a file trains, evaluates, infers and answers to the verbs of collections."""

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from nm_core_app import APP, DEV, TRAIN
from nm_core_speech import Silent, Watch

from nm_core import PortError
from nm_core.application import Application, ApplicationError, ApplicationFileError, UnknownVerbError
from nm_core.callbacks.progress import ProgressCallback
from nm_core.callbacks.run_log import RunLog
from nm_core.callbacks.run_recorder import RunRecorder
from nm_core.graphs import calls


@pytest.fixture
def app(write: Any, load: Any) -> Application:
    """The sample application with its data."""
    path: Path = write(APP)
    (path.parent / "train.txt").write_text(TRAIN)
    (path.parent / "dev.txt").write_text(DEV)
    loaded: Application = load(path)
    return loaded


def test_nothing_is_made_before_it_is_needed(write: Any, load: Any) -> None:
    """Inference does not open the training data, which need not exist."""
    app = load(write(APP))

    assert app.infer(spec=[[1.0, 2.0]]).collect()["text"] in (["no"], ["yes"], ["maybe"])
    with pytest.raises(FileNotFoundError):
        app.modules["train_data"]


def test_modules_are_shared_by_graphs(app: Application) -> None:
    """One instance stands behind a name, in every graph."""
    assert app.graphs["train"].modules["encoder"] is app.graphs["infer"].modules["encoder"] is app.modules["encoder"]
    assert list(app.modules) == ["train_data", "dev_data", "encoder", "decoder", "loss", "speller"]
    assert len(app.graphs) == 3
    assert "infer" in app.graphs
    assert "nothing" not in app.modules


def test_weights_follow_from_the_seed_and_the_name(app: Application, load: Any) -> None:
    """The same file gives the same weights whatever is made first; another seed gives others."""
    first = app.modules["decoder"].weight  # type: ignore[attr-defined]
    again, other = load(app.path), load(app.path, seed=4)
    _ = again.modules["encoder"]

    assert again.modules["decoder"].weight == first
    assert other.modules["decoder"].weight != first


def test_actions_take_parts_of_the_graphs_of_the_file(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each graph of the file is cut once, when it is built, whatever is done with it and with what callbacks read."""
    walks: list[Any] = []
    order_calls = calls.order_calls
    monkeypatch.setattr(calls, "order_calls", lambda *ends: walks.append(ends) or order_calls(*ends))

    app.train()
    app.eval()
    app.eval()
    assert len(walks) == len({"train", "eval"})
    app.infer(spec=[[1.0, 2.0]]).collect()
    app.infer(spec=[[1.0, 2.0]]).collect()
    assert len(walks) == len({"train", "eval", "infer", "the ports of infer, which its values are held to"})


def test_training_does_what_the_section_says(app: Application) -> None:
    """Every key of the section reaches the backend."""
    result = app.train()
    request = app.factory.session.requests[0]  # type: ignore[attr-defined]

    assert result.step == 4
    assert request.optimizer == {"name": "sgd", "lr": 0.1}
    assert [type(callback) for callback in request.callbacks] == [Silent, Watch, RunRecorder, RunLog, ProgressCallback]
    assert request.callbacks[1].metrics[0].call is not None
    assert request.callbacks[1].log_dir == str(app.path.parent / "logs")
    assert app.factory.settings.work_dir == app.path.parent / "runs"
    assert app.factory.settings.seed == 3
    assert request.ties == (("encoder.weight", "decoder.weight"),)
    assert request.frozen == ("encoder.**",)
    assert request.application["digest"] == app.digest


def test_training_can_be_told_otherwise(app: Application) -> None:
    """Arguments take the place of the section's."""
    app.train(max_steps=7, callbacks=[], also=[Silent()], optimizer="adam")
    request = app.factory.session.requests[0]  # type: ignore[attr-defined]

    assert request.max_steps == 7
    assert [type(callback) for callback in request.callbacks] == [Silent, RunRecorder, RunLog, ProgressCallback]
    assert request.optimizer == "adam"


def test_evaluation_reads_the_outputs_it_names(app: Application) -> None:
    """The metric sees the words of the data layer of the eval graph."""
    scores = app.eval()

    assert scores["words"] == 1.0
    assert scores["right"] in (0, 1)


def test_inference_over_a_data_layer(app: Application) -> None:
    """A graph that has a data layer needs no inputs."""
    assert app.infer("eval").collect()["word"] == ["no"]


def test_inference_takes_keywords_or_one_mapping(app: Application) -> None:
    """Of the graph infer, or of one by its name; nothing is given twice or without a name."""
    spec = [[1.0, 2.0]]
    expected = app.infer(spec=spec).collect()
    assert app.infer({"spec": spec}).collect() == expected
    assert app.infer("infer", {"spec": spec}).collect() == expected
    assert app.infer(values={"spec": spec}).collect() == expected
    with pytest.raises(PortError, match="spec was given in the mapping and by keyword"):
        app.infer({"spec": spec}, spec=spec)
    with pytest.raises(PortError, match=r"a list was given without one(.|\n)*infer\(spec=\.\.\.\)"):
        app.infer(spec)  # type: ignore[arg-type]


def test_inference_names_wrong_and_missing_inputs(app: Application) -> None:
    """Both at once, with what was perhaps meant."""
    with pytest.raises(PortError, match='no input "spc" Did you mean "spec"') as caught:
        app.infer(spc=[[1.0]])

    assert '"spec" was not given' in str(caught.value)


def test_unknown_graphs_and_sections(app: Application, write: Any, load: Any) -> None:
    """The message says what there is."""
    with pytest.raises(ApplicationError, match=r'no graph "infr"\. Did you mean "infer"'):
        app.infer("infr")
    bare = load(write("nm: app/1\n", "bare.yaml"))
    with pytest.raises(ApplicationError, match="no train section"):
        bare.train()
    with pytest.raises(ApplicationError, match="no eval section"):
        bare.eval()
    with pytest.raises(ApplicationError, match='no graph "infer"'):
        bare.infer()


def test_verbs_come_from_collections(app: Application) -> None:
    """`app.transcribe` is what a collection registered; an unknown verb says which there are."""
    assert app.transcribe([[1.0, 2.0]], loud=True)[0].isupper()
    assert app.transcribe.__doc__ == "Return the words of rows of numbers."
    assert "transcribe" in dir(app)
    with pytest.raises(UnknownVerbError, match=r'no "transcrib"\. Did you mean "transcribe"'):
        app.transcrib()
    assert not hasattr(app, "translate")
    assert not hasattr(app, "__wrapped__")


def test_a_bad_file_raises_all_its_problems(write: Any, load: Any) -> None:
    """Loading raises what checking reports."""
    with pytest.raises(ApplicationFileError) as caught:
        load(write("nm: app/1\nseed: x\nmodles: {}\n"))

    assert len(caught.value.problems) == 2
    assert isinstance(caught.value, ValueError)


def test_no_file_at_all(load: Any, tmp_path: Path) -> None:
    """A missing file and a folder that is no application say so."""
    with pytest.raises(ApplicationError, match="No such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ApplicationError, match="is a folder and no saved application"):
        load(tmp_path)


def test_equality_is_of_content(app: Application, write: Any, load: Any) -> None:
    """Order, references and defaults do not matter, values do; YAML and JSON agree."""
    reordered = APP.replace("{width: $width}", "{stride: 1, width: 5}", 1).replace(
        "params: {width: 5}\n", "params: {width: 5}\n", 1
    )
    same = load(write(reordered, "same.yaml"))
    as_json = load(write(app.to_json(), "same.json"))
    other = load(write(APP.replace("width: 5", "width: 6"), "other.yaml"))

    assert same == app
    assert as_json == app
    assert as_json.digest == app.digest
    assert other != app
    assert app != "app"
    assert len({app, same, other}) == 2


def test_the_text_of_an_application_keeps_references(app: Application) -> None:
    """What is written back still says `$width`."""
    assert "width: $width" in app.to_yaml()


def test_locations_lead_to_the_file(app: Application) -> None:
    """Each call knows its line in the file, for messages of the engine."""
    call = app.graphs["infer"].calls[0]

    assert call.location == f"{app.path}:30:9"


def test_an_application_is_garbage_when_it_is_let_go(write: Any, load: Any) -> None:
    """Nothing keeps its modules alive but the application."""
    app = load(write(APP))
    app.infer(spec=[[1.0, 2.0]]).collect()
    alive = weakref.ref(app.modules["encoder"])
    del app
    gc.collect()

    assert alive() is None


def test_labels_name_calls(write: Any, load: Any) -> None:
    """A module called twice keeps the names that the file gives its calls."""
    text = """\
nm: app/1
modules: {encoder: {type: speech.Encoder, params: {width: 2}}, add: {type: speech.Add, params: {width: 2}}}
graphs:
  infer:
    inputs: {left: "B Spectrogram:2 T:t", right: "B Spectrogram:2 T:t"}
    calls:
      - {call: encoder, inputs: {signal: left}}
      - {call: encoder, as: again, inputs: {signal: right}}
      - {call: add, inputs: {values: [encoder.encoded, again.encoded]}}
    outputs: {total: add.total}
"""
    app = load(write(text))
    graph = app.graphs["infer"]

    assert sorted(graph.labels.values()) == ["add", "again", "encoder"]
    weight = app.modules["encoder"].weight
    assert app.infer(left=[[1.0, 2.0]], right=[[3.0, 4.0]]).collect()["total"] == [
        pytest.approx([4 * weight, 6 * weight])
    ]


def test_nested_graphs_share_modules(write: Any, load: Any) -> None:
    """A graph used as a module expands into its calls, which share its modules."""
    text = """\
nm: app/1
modules:
  encoder: {type: speech.Encoder}
  decoder: {type: speech.Decoder}
  both: {graph: encode_decode}
graphs:
  encode_decode:
    inputs: {signal: "B Spectrogram T:t"}
    calls:
      - {call: encoder, inputs: {signal: signal}}
      - {call: decoder, inputs: {encoded: encoder.encoded}}
    outputs: {log_probs: decoder.log_probs}
  infer:
    inputs: {spec: "B Spectrogram:2 T:t"}
    calls: [{call: both, inputs: {signal: spec}}]
    outputs: {scores: both.log_probs}
"""
    app = load(write(text))
    encoder, decoder = app.modules["encoder"], app.modules["decoder"]

    assert app.graphs["infer"].modules["encoder"] is encoder
    scores = app.infer(spec=[[1.0, 2.0]]).collect()["scores"]
    assert scores == [pytest.approx(3 * encoder.weight + decoder.weight)]
