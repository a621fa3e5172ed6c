"""Callbacks and checkpoints in a real training: exact after a resume, and a run that survives its disk."""

import errno
import os
import random
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn

from nm_core import Metric, NeuralModuleFactory, TrainingResult
from nm_torch import LossModule, TorchModule, ports
from nm_torch.callbacks import (
    CheckpointCallback,
    EarlyStopping,
    EvaluationCallback,
    LoggingCallback,
    ProgressCallback,
)
from nm_torch.checkpoint import CheckpointMismatchError, Files, newest_checkpoint, read_manifest
from nm_torch.data import Batching, DataLayer


class Sums(DataLayer):
    """Random vectors and their sums."""

    output_ports = ports(x="B Channel:4", y="B Channel:1")

    def __init__(self, *, count: int = 26) -> None:
        super().__init__(batching=Batching(batch_size=8))
        self.count = count

    def __len__(self) -> int:
        return self.count

    def sample(self, index: int, random: numpy.random.Generator) -> Any:
        """Return a vector and its sum."""
        x_C = numpy.random.default_rng(index).normal(size=4).astype("float32")
        return x_C, x_C.sum(keepdims=True)

    def collate(self, samples: Any) -> Any:
        """Stack vectors and sums."""
        return tuple(torch.tensor(numpy.stack(column)) for column in zip(*samples, strict=True))


class Net(TorchModule):
    """A small network with dropout."""

    input_ports = ports(x="B Channel:4")
    output_ports = ports(out="B Channel:1")

    def __init__(self, *, hidden: int = 8) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, hidden), nn.Dropout(0.2), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Predict."""
        return self.net(x)


class SquaredError(LossModule):
    """The mean squared error."""

    input_ports = ports(out="B Channel:1", y="B Channel:1")
    output_ports = ports(loss="; Loss")

    def total(self, out: Tensor, y: Tensor) -> Tensor:
        """Return the sum over samples."""
        return (out - y).square().sum()

    def weight(self, y: Tensor) -> int:
        """Return the number of samples."""
        return y.shape[0]


class AbsoluteError(Metric):
    """The mean absolute error."""

    goals = {"mae": "min"}
    input_ports = ports(out="B Channel:1", y="B Channel:1")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.total, self.count = 0.0, 0

    def update(self, out: Tensor, y: Tensor) -> None:
        """Add a batch."""
        self.total += float((out - y).abs().sum())
        self.count += len(y)

    def merge(self, other: "AbsoluteError") -> None:
        """Add what another has seen."""
        self.total, self.count = self.total + other.total, self.count + other.count

    def compute(self) -> dict[str, float]:
        """Return the mean."""
        return {"mae": self.total / self.count}

    def state(self) -> dict[str, Any]:
        """Return what was seen."""
        return {"total": self.total, "count": self.count}

    def load_state(self, state: Any) -> None:
        """Take it back."""
        self.total, self.count = state["total"], state["count"]


def train(
    work_dir: Path, steps: int, *, resume: str | None = None, optimizer: Any = "novograd", hidden: int = 8
) -> tuple[TrainingResult, dict[str, Tensor], EarlyStopping]:
    """Train from fresh modules, with every callback, and return the result, the weights and the early stopping."""
    torch.manual_seed(0)
    x, y = Sums(name="train")()
    x_dev, y_dev = Sums(count=9, name="dev")()
    net = Net(hidden=hidden, name="net")
    loss = SquaredError(name="loss")(out=net(x=x), y=y)
    error = AbsoluteError(out=net(x=x_dev), y=y_dev)
    stopping = EarlyStopping("dev.mae", patience=100)
    callbacks = [
        ProgressCallback(),
        LoggingCallback(),
        EvaluationCallback(error, every_steps=5, name="dev"),
        CheckpointCallback(every_steps=4, keep=2, best=1, metric="dev.mae"),
        stopping,
    ]
    factory = NeuralModuleFactory(work_dir=work_dir, placement="cpu")
    result = factory.train(
        loss,
        callbacks=callbacks,
        optimizer=optimizer,
        policy={"name": "cosine", "warmup_steps": 4, "horizon": 24},
        max_steps=steps,
        log_every=3,
        gradient_clip_norm=1.0,
        resume=resume,
    )
    return result, net.state_dict(), stopping


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Tell whether weights are bitwise equal."""
    return all(torch.equal(one[name], other[name]) for name in one)


def names(work_dir: Path) -> list[str]:
    """Return the steps of the checkpoints that stayed."""
    return [path.name for path in sorted((work_dir / "checkpoints").iterdir())]


@pytest.mark.parametrize("optimizer", ["novograd", "adamw", {"name": "sgd", "momentum": 0.9}, "RMSprop"])
def test_a_resumed_run_ends_as_the_uninterrupted_one(tmp_path: Path, optimizer: Any) -> None:
    """Weights, losses, scores and the state of callbacks are equal to the bit after two resumes."""
    through, weights, stopping = train(tmp_path / "a", 19, optimizer=optimizer)
    for steps, resume in ((7, None), (13, "auto"), (19, "auto")):
        result, resumed, stopping_again = train(tmp_path / "b", steps, resume=resume, optimizer=optimizer)
    assert same(weights, resumed)
    assert (result.losses, result.scores, result.samples) == (through.losses, through.scores, through.samples)
    assert stopping_again.state() == stopping.state()
    assert result.report == ()


def test_the_last_the_best_and_the_end_stay(tmp_path: Path) -> None:
    """Of a run's checkpoints the last two and the best stay; the last is that of the last update."""
    result, _, stopping = train(tmp_path, 18)
    kept = {path: read_manifest(path) for path in (tmp_path / "checkpoints").iterdir()}
    assert result.checkpoint in kept
    assert kept[result.checkpoint].step == 18
    assert 2 <= len(kept) <= 3
    best = [manifest.scores["dev.mae"] for manifest in kept.values() if manifest.scores]
    assert stopping.state()["best"] == min(best)


def test_a_full_disk_costs_checkpoints_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose disk fills up ends as any other, keeps its older checkpoints and reports each attempt."""
    _, weights, _ = train(tmp_path / "a", 12)
    train(tmp_path / "b", 6)
    before = names(tmp_path / "b")

    def full(self: Files, path: Path, chunks: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", full)
        result, resumed, _ = train(tmp_path / "b", 12, resume="auto")
    assert result.reason == "finished"
    assert same(weights, resumed)
    assert names(tmp_path / "b") == before
    assert all("No space left on device" in line for line in result.report)
    assert len(result.report) >= 2


def test_a_damaged_checkpoint_is_passed_over_loudly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Resuming goes on from the older checkpoint, says so on the screen and in the report, and ends the same."""
    _, weights, _ = train(tmp_path / "a", 12)
    result, _, _ = train(tmp_path / "b", 9)
    assert result.checkpoint is not None
    file = result.checkpoint / "weights" / "net.safetensors"
    file.write_bytes(bytes(file.stat().st_size))
    capsys.readouterr()
    result, resumed, _ = train(tmp_path / "b", 12, resume="auto")
    assert same(weights, resumed)
    assert "net.safetensors: this checkpoint is damaged" in result.report[0]
    assert "net.safetensors: this checkpoint is damaged" in capsys.readouterr().err


def test_another_graph_is_refused(tmp_path: Path) -> None:
    """A checkpoint of a wider network is not loaded into a narrower one."""
    train(tmp_path, 5)
    with pytest.raises(CheckpointMismatchError, match=r"net\.net\.0\.weight: float32 \[8, 4\] in the checkpoint"):
        train(tmp_path, 8, resume="auto", hidden=6)


@pytest.mark.proof
def test_killed_at_any_moment_a_run_goes_on(tmp_path: Path) -> None:
    """SIGKILL at random times, again and again: each resume finds a good checkpoint, and the end is the same."""
    train(tmp_path / "warm", 2)
    begun = time.perf_counter()
    _, weights, _ = train(tmp_path / "a", 60)
    whole = time.perf_counter() - begun
    work_dir = tmp_path / "b"
    kills, status = 0, -1
    for attempt in range(20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the child trains in one thread
            child = os.fork()
        if child == 0:
            status = 1
            try:
                result, resumed, _ = train(work_dir, 60, resume="auto")
                status = 0 if same(weights, resumed) and not any("damaged" in line for line in result.report) else 2
            finally:
                os._exit(status)
        # Short enough that the first few never reach the end; the last one is left alone.
        delay = random.uniform(0, whole / 5) if attempt < 19 else 300.0
        timer = threading.Timer(delay, os.kill, (child, signal.SIGKILL))
        timer.start()
        _, status = os.waitpid(child, 0)
        timer.cancel()
        timer.join()
        if not os.WIFSIGNALED(status):
            break
        kills += 1
    assert os.waitstatus_to_exitcode(status) == 0
    assert kills >= 3
    found = newest_checkpoint(work_dir / "checkpoints")
    assert found is not None
    assert (found.state.step, found.report) == (60, ())
