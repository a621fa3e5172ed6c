"""Every run writes its log by itself: from the command and from Python, over a kill and a resume, with each fact."""

import json
from pathlib import Path
from typing import Any

import pytest

from nm_core import Metric, NeuralModuleFactory
from nm_core.actions.results import interrupted_result
from nm_core.callbacks import EvaluationCallback
from nm_torch import ports
from nm_torch.data import SampleError
from test_wrong_inputs import Project, project  # noqa: F401 - the healthy project
from toys import Perceptron, Points, SquaredError


def lines(run: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, each strict JSON but for those that were cut."""
    read = []
    for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            read.append(json.loads(line, parse_constant=pytest.fail))
        except ValueError:
            assert line.startswith('{"event"')
    return read


def test_the_command_logs_and_tells_what_could_not_be_read(project: Project) -> None:  # noqa: F811
    """Digest, versions, seed, precision, data; the unreadable recording, with --quiet too; the end with its reason."""
    project.edit("max_steps: 3", "max_epochs: 1")
    project.lines(lambda lines: [*lines, lines[0].replace("00.wav", "missing.wav")])
    code, said = project.train("--quiet")
    assert code == 0, said
    assert "note: 1 sample of train_data could not be read" in said
    assert "loss" not in said.partition("finished:")[0]

    start, *_, end = found = lines(project.folder / "run")
    record = json.loads((project.folder / "run" / "run.json").read_text())
    assert start["application"] == record["application"]
    assert {"python", "torch", "nm-core"} <= set(start["versions"])
    assert (start["seed"], start["precision"], start["data"]) == (0, "fp32", {"train_data": 25})
    assert {line["event"] for line in found} == {"start", "log", "checkpoint", "note", "end"}
    assert [line for line in found if line["event"] == "note" and "missing.wav" in line["message"]]
    assert (end["event"], end["reason"], end["step"]) == ("end", "finished", record["update"])


def test_python_logs_and_shows_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Loss lines on standard error by default, none with progress=False; the log in both cases."""
    monkeypatch.delenv("NM_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    x, y = Points()()
    loss = SquaredError()(y=Perceptron()(x=x), target=y)

    NeuralModuleFactory(work_dir="shown").train(loss, max_steps=20, log_every=5)
    out, err = capsys.readouterr()
    assert (out, "update 5/20  loss" in err, "finished: update 20/20" in err) == ("", True, True)
    NeuralModuleFactory(work_dir="silent").train(loss, max_steps=20, log_every=5, progress=False)
    NeuralModuleFactory().train(loss, max_steps=20, log_every=5, progress=False)
    assert capsys.readouterr() == ("", "")
    for name in ("shown", "silent"):
        assert [line["step"] for line in lines(tmp_path / name) if line["event"] == "log"] == [5, 10, 15, 20]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shown", "silent"]


class Torn(Points):
    """Points of which one cannot be read."""

    def sample(self, index: int, random: Any) -> tuple[float, float]:
        """Return a point.

        Raises:
            SampleError: it is the third one.
        """
        if index == 2:
            raise SampleError("the file is torn")
        return super().sample(index, random)


class Distance(Metric):
    """The number of values."""

    input_ports = ports(y="B Channel:1")

    def reset(self) -> None:
        """Begin."""

    def update(self, y: Any) -> None:
        """Take a batch."""

    def compute(self) -> dict[str, float]:
        """Return a number that is not finite."""
        return {"distance": float("inf")}


def test_what_an_evaluation_could_not_read_is_noted_once(tmp_path: Path) -> None:
    """In the result and the log of the training, however often it evaluates; a score that is infinite is null."""
    net = Perceptron()
    x, y = Points(name="data")()
    torn, _ = Torn(name="torn")()
    dev = EvaluationCallback(Distance(y=net(x=torn)), every_steps=5, name="dev")
    loss = SquaredError()(y=net(x=x), target=y)
    result = NeuralModuleFactory(work_dir=tmp_path).train(loss, max_steps=20, callbacks=[dev])
    (note,) = (line for line in result.report if "torn" in line)
    assert "the file is torn" in note
    found = lines(tmp_path)
    assert [line["message"] for line in found if line["event"] == "note"] == list(result.report)
    assert [line["dev.distance"] for line in found if line["event"] == "evaluation"] == [None] * 4
    assert found[0]["data"] == {"data": 22, "torn": 22}


def test_a_resumed_run_goes_on_in_its_log(project: Project) -> None:  # noqa: F811
    """What a kill cut is passed over, the second start says from where, and what has changed is a note."""
    assert project.train("--quiet")[0] == 0
    log = project.folder / "run" / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-9])
    code, said = project.train("--quiet", "--resume", "--max-steps", "6", "--set", "train.optimizer.lr=0.02")
    assert code == 0, said
    found = lines(project.folder / "run")
    second = [line["event"] for line in found].index("start", 1)
    assert found[second]["resumed_from"].endswith("step-3")
    assert found[second]["step"] == 3
    messages = " ".join(line["message"] for line in found[second:] if line["event"] == "note")
    assert "0.02" in messages
    assert found[-1]["step"] == 6


def test_an_interrupt_is_in_the_log(tmp_path: Path) -> None:
    """The reason of the end is that of the result."""
    import os
    import signal

    from nm_core import Callback

    class Press(Callback):
        step_interval = 2

        def on_step(self, run: Any) -> None:
            """Press Ctrl-C."""
            os.kill(os.getpid(), signal.SIGINT)

    x, y = Points()()
    loss = SquaredError()(y=Perceptron()(x=x), target=y)
    with pytest.raises(KeyboardInterrupt) as caught:
        NeuralModuleFactory(work_dir=tmp_path).train(loss, max_steps=20, callbacks=[Press()])
    result = interrupted_result(caught.value)
    assert result is not None
    assert (lines(tmp_path)[-1]["reason"], lines(tmp_path)[-1]["step"]) == ("interrupted", result.step)
