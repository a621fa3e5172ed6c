"""The commands that act on applications, on a backend in plain Python."""

import io
import json
import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nm_core.cli.exits import Exit
from nm_core.cli.launch import LAUNCH_FILE, launch, without_nproc
from nm_core.errors import NmError

PYTHON = ("--backend", "python")


def test_check_is_content_with_a_good_file(nmod, app) -> None:
    """Nothing wrong is said in one line, and ends with 0."""
    ended = nmod("check", app, *PYTHON)

    assert ended.code == 0
    assert "no problems" in ended.out


def test_check_prints_every_problem_with_its_line(nmod, app) -> None:
    """Problems end with 1; each has its place in the file."""
    app.write_text(app.read_text().replace("speech.Loss@1", "speech.Los@1").replace("signal: spec", "signl: spec"))

    ended = nmod("check", app, *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert f"{app}:10:" in ended.out
    assert 'Did you mean "speech.Loss"?' in ended.out
    assert 'no input port "signl"' in ended.out


def test_check_speaks_json(nmod, app) -> None:
    """A report is data too, one per file."""
    (report,) = json.loads(nmod("check", app, "--json", *PYTHON).out)

    assert report["ok"] is True


def test_values_can_be_changed_on_the_command_line(nmod, app) -> None:
    """--set reaches parameters of modules, sections and params; a wrong name is an error."""
    assert nmod("check", app, "--set", "width=7", "--set", "encoder.stride=1", *PYTHON).code == 0

    clash = nmod("check", app, "--set", "decoder.width=7", *PYTHON)
    assert clash.code == Exit.PROBLEM
    assert "NM105" in clash.out

    unknown = nmod("check", app, "--set", "decodr.width=7", *PYTHON)
    assert unknown.code == Exit.PROBLEM
    assert 'Did you mean "decoder"?' in unknown.err

    assert nmod("check", app, "--set", "width", *PYTHON).code == Exit.USAGE


@pytest.mark.parametrize("command", ["check", "train", "eval", "infer", "draw"])
def test_a_file_that_is_not_there_is_a_problem(nmod, app, command) -> None:
    """The message names the file, and one beside it that may have been meant."""
    ended = nmod(command, "ap.yaml", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert 'ap.yaml: there is no such file or folder. Did you mean "app.yaml"?' in ended.err


def test_training_saves_an_application_that_infers(nmod, app, environment) -> None:
    """Train, then use what was saved: the task of the application on inputs of one's own."""
    trained = nmod("train", app, "--json", "--quiet", *PYTHON)
    assert trained.code == 0
    result = json.loads(trained.out)
    assert result["step"] == 4
    assert result["application"] == str(environment / "runs" / "application")

    scores = nmod("eval", result["application"], "--json", *PYTHON)
    assert json.loads(scores.out)["words"] == 1.0
    assert not scores.err

    graph = nmod("infer", result["application"], "--graph", "eval", "--json", *PYTHON)
    assert graph.code == 0
    assert json.loads(graph.out) == {"text": json.loads(graph.out)["text"], "word": "no"}


@pytest.mark.parametrize("command", [["eval"], ["infer", "--graph", "eval"]])
def test_results_without_trained_weights_say_so(nmod, app, command) -> None:
    """An application file brings no weights; standard error says it, standard output stays as it is."""
    ended = nmod(command[0], app, *command[1:], *PYTHON)

    assert ended.code == 0
    assert ended.err.startswith(f"note: {app} brings no trained weights")
    assert "note" not in ended.out


def test_training_says_what_to_do_next(nmod, app) -> None:
    """For people, the end of a training is a few lines."""
    ended = nmod("train", app, "--max-steps", "2", "--save", "out", *PYTHON)

    assert ended.code == 0
    assert "finished: 2 updates" in ended.out
    assert "next: nmod eval out, or nmod infer out INPUT... (transcribe)" in ended.out


def test_a_run_without_a_place_gets_one_named_after_its_file(nmod, app, environment) -> None:
    """Nothing that was learnt is lost because no folder was named."""
    app.write_text(app.read_text().replace("  work_dir: runs\n", ""))

    assert nmod("train", app, "--quiet", *PYTHON).code == 0

    assert (environment / "runs" / "app" / "application" / "application.json").is_file()
    assert nmod("train", app, "--work-dir", "elsewhere", "--quiet", *PYTHON).code == 0
    assert (environment / "elsewhere" / "application").is_dir()


def test_options_of_training_reach_the_engine(nmod, app, monkeypatch) -> None:
    """Steps, epochs, resuming and changed values arrive as they were given."""
    import nm_core_speech

    asked = []
    train = nm_core_speech.PythonSession.train
    monkeypatch.setattr(
        nm_core_speech.PythonSession,
        "train",
        lambda self, request: (asked.append((self, request)), train(self, request))[1],
    )

    nmod("train", app, "--max-epochs", "3", "--set", "train.log_every=7", "--seed", "9", "--resume", *PYTHON)

    ((session, request),) = asked
    assert (request.max_epochs, request.max_steps, request.log_every) == (3, 4, 7)
    assert request.resume == "auto"
    assert session.settings.seed == 9
    names = [type(callback).__name__ for callback in request.callbacks]
    assert names == ["Silent", "Watch", "RunRecorder", "RunLog", "ProgressCallback"]


def test_an_interrupted_training_says_how_to_go_on(nmod, app, monkeypatch) -> None:
    """Ctrl-C in training ends with 130 and with the command that goes on."""
    import nm_core_speech

    from nm_core import TrainingResult

    stopped = TrainingResult(step=2, epoch=0, samples=0, losses={}, reason="interrupted", seconds=0.0)
    monkeypatch.setattr(nm_core_speech.PythonSession, "train", lambda self, request: stopped)

    ended = nmod("train", app, "--set", "width=5", *PYTHON)

    assert ended.code == Exit.INTERRUPTED
    assert f"To go on: nmod train {app} --set width=5 --backend python --resume" in ended.err


def test_tasks_take_inputs(nmod, app, monkeypatch) -> None:
    """Inputs go to the application's one task, text or JSON comes back, one line per input, in order."""
    monkeypatch.setattr("nm_core_speech.transcribe", lambda app, inputs: [given.upper() for given in inputs])

    assert nmod("infer", app, "one", "two", *PYTHON).out == "one\tONE\ntwo\tTWO\n"
    lines = nmod("infer", app, "one", "two", "--json", *PYTHON).out.splitlines()
    assert [json.loads(line) for line in lines] == [{"input": "one", "text": "ONE"}, {"input": "two", "text": "TWO"}]


def test_inputs_come_from_standard_input_too(nmod, app, monkeypatch) -> None:
    """A single - reads one input per line."""
    monkeypatch.setattr("nm_core_speech.transcribe", lambda app, inputs: [given.upper() for given in inputs])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))

    assert nmod("infer", app, "-", *PYTHON).out == "one\tONE\ntwo\tTWO\n"


def test_standard_input_is_utf_8(nmod, app, monkeypatch) -> None:
    """A byte order mark and line ends of Windows are no part of an input; other bytes are an error with their line."""
    monkeypatch.setattr("nm_core_speech.transcribe", lambda app, inputs: [given.upper() for given in inputs])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffü\r\nb\u2028c".encode())))
    assert nmod("infer", app, "-", *PYTHON).out == "ü\tÜ\nb\u2028c\tB\u2028C\n"

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\n\xe9\n")))
    ended = nmod("infer", app, "-", *PYTHON)

    assert ended.code == Exit.USAGE
    assert "Line 2 of standard input is not UTF-8" in ended.err


def test_an_input_that_fails_stops_no_other(nmod, app, monkeypatch) -> None:
    """Each failure is named on stderr with its reason, results come without it, and the command ends with 1."""

    def shout(app, inputs, *, on_error=None):
        for index, given in enumerate(inputs):
            if given == "bad":
                on_error(index, NmError("bad: there is no such file."))
        return [None if given == "bad" else given.upper() for given in inputs]

    monkeypatch.setattr("nm_core_speech.transcribe", shout)

    ended = nmod("infer", app, "one", "bad", "two", *PYTHON)
    assert (ended.code, ended.out) == (Exit.PROBLEM, "one\tONE\ntwo\tTWO\n")
    assert ended.err.endswith("\nbad: there is no such file.\n1 of 3 inputs failed; the others are done.\n")
    lines = nmod("infer", app, "one", "bad", "--json", *PYTHON).out.splitlines()
    assert json.loads(lines[1]) == {"input": "bad", "error": "bad: there is no such file."}
    assert nmod("infer", app, "one", *PYTHON).code == 0


def test_a_task_that_loses_a_result_is_an_error(nmod, app, monkeypatch) -> None:
    """As many results as inputs, or it is said."""
    monkeypatch.setattr("nm_core_speech.transcribe", lambda app, inputs: ["ONE"])

    ended = nmod("infer", app, "one", "two", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert "1 results for 2 inputs" in ended.err


def test_an_unknown_task_is_an_error(nmod, app) -> None:
    """The message names the tasks there are."""
    ended = nmod("infer", app, "one", "--task", "transcrbe", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert "transcribe" in ended.err


def test_a_graph_with_free_inputs_needs_them(nmod, app) -> None:
    """Without inputs, a graph has to have a data layer."""
    ended = nmod("infer", app, *PYTHON)

    assert ended.code == Exit.USAGE
    assert "give inputs" in ended.err


def test_drawing_needs_neither_data_nor_weights(nmod, app, environment) -> None:
    """The picture follows from the file: the data is not even there."""
    for name in ("train.txt", "dev.txt", "words.txt"):
        (environment / name).unlink()

    ended = nmod("draw", app, *PYTHON)

    assert ended.code == 0
    texts = {element.text for element in ElementTree.fromstring(ended.out).iter("{http://www.w3.org/2000/svg}text")}
    assert {"train_data", "Frames", "encoder", "loss"} <= texts


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_a_saved_application_is_drawn_as_its_file(nmod, app, environment, name) -> None:
    """The picture is the same from the file, the folder and the archive."""
    assert nmod("train", app, "--quiet", "--save", name, *PYTHON).code == 0

    drawn = [nmod("draw", given, "--format", "mermaid", "--graph", "train", *PYTHON) for given in (app, name)]

    assert drawn[0].code == 0
    assert drawn[0].out == drawn[1].out


def test_the_output_decides_the_format(nmod, app, environment) -> None:
    """A name or --format choose; --graph chooses the graph."""
    assert nmod("draw", app, "-o", "train.mmd", *PYTHON).code == 0
    assert (environment / "train.mmd").read_text().startswith("flowchart TD")
    assert nmod("draw", app, "--graph", "infer", "--format", "dot", *PYTHON).out.startswith('digraph "infer"')
    missing = nmod("draw", app, "--graph", "infr", *PYTHON)
    assert missing.code == Exit.PROBLEM
    assert 'Did you mean "infer"?' in missing.err


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (
            "encoded: encoder.encoded}}\n      - {call: loss",
            "encoded: train_data.spec}}\n      - {call: loss",
            "edge bad",
        ),
        ("speech.Decoder@1", "speech.Decodr@1", "box composite bad"),
        ("casts: error", "casts: error", None),
    ],
)
def test_a_file_with_problems_is_drawn_with_them_in_red(nmod, app, old, new, seen) -> None:
    """What does not fit is seen where it is; the command then ends with 1."""
    app.write_text(app.read_text().replace(old, new))

    ended = nmod("draw", app, *PYTHON)

    if seen is None:
        assert ended.code == 0
        return
    assert ended.code == Exit.PROBLEM
    assert seen in {element.get("class") for element in ElementTree.fromstring(ended.out).iter()}
    assert "nmod check" in ended.err


MEASURED = (
    "- {call: encoder, inputs: {signal: other}, as: again}\n"
    "      - {call: encoder, inputs: {signal: spec, length: length}}"
)


@pytest.mark.parametrize(
    ("inputs", "calls", "marks"),
    [
        ('spec: "B Spectrogram:2 T:t"', "- {call: encoder, inputs: {signal: spec}}", set()),
        (
            'spec: "B Spectrogram T:t", length: "B ; Lengths(v)"',
            "- {call: encoder, inputs: {signal: spec, length: length}}",
            {"deferred", "unchecked"},
        ),
        ('spec: "B Spectrogram:2 T:t", length: "B ; Lengths(v)", other: "B Spectrogram:2 T:v"', MEASURED, {"deferred"}),
        (
            'spec: "B Spectrogram:2 T:t", length: "B"',
            "- {call: encoder, inputs: {signal: spec, length: length}}",
            {"unchecked"},
        ),
    ],
)
def test_a_picture_of_a_file_is_that_of_its_graph(app, environment, inputs, calls, marks) -> None:
    """Drawn from the file or from the graph that was built, nodes, types, edges and their notes are the same."""
    from nm_core.application import load_application
    from nm_core.application.sketching import sketch_file
    from nm_core.drawing import Sketch, mermaid, svg

    text = app.read_text().replace('spec: "B Spectrogram:2 T:t"', inputs)
    text = text.replace("- {call: encoder, inputs: {signal: spec}}", calls)
    if calls == MEASURED:
        first, _, rest = text.rpartition("outputs: {text: speller.text}")
        text = f"{first}outputs: {{text: speller.text, more: again.encoded}}{rest}"
    app.write_text(text)
    assert {str(edge.mark) for edge in sketch_file(app, "infer", backend="python")[0].edges} - {"plain"} == marks
    for name in ("train", "eval", "infer"):
        of_file, _, _ = sketch_file(app, name, backend="python")
        of_graph = Sketch.of(load_application(app, backend="python").graphs[name])

        shown, built = (re.sub(r"(?s)<title>.*?</title>", "", svg(sketch)) for sketch in (of_file, of_graph))
        assert shown == built  # but for paths in tooltips, which a module that was made has absolute
        assert mermaid(of_file) == mermaid(of_graph)


def test_several_processes_replace_this_one_by_torchrun(monkeypatch) -> None:
    """The launcher gets the same arguments but --nproc, no shell, and a share of the cores for each process."""
    started = []
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("nm_core.cli.launch.find_spec", lambda name: object())
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "execve", lambda *call: started.append(call))

    arguments = ["train", "app.yaml", "--nproc", "2", "--set", "a=b c", "--nproc=2"]
    launch(2, without_nproc(arguments), "app.yaml", "nm: app/1")

    ((program, command, environment),) = started
    Path(environment[LAUNCH_FILE]).unlink()
    assert program == sys.executable
    assert command[-4:] == ["train", "app.yaml", "--set", "a=b c"]
    assert "--nproc-per-node=2" in command
    assert environment["OMP_NUM_THREADS"] == "4"
    assert environment["PYTHONSAFEPATH"] == "1", "files of the working folder take the place of Python's own"


def test_several_processes_need_torch(nmod, app, monkeypatch) -> None:
    """Without torch the message has the line that installs it."""
    monkeypatch.setattr("nm_core.cli.launch.find_spec", lambda name: None)

    ended = nmod("train", app, "--nproc", "2", *PYTHON)

    assert ended.code == Exit.PROBLEM
    assert "python -m pip install packages/nm-torch" in ended.err
