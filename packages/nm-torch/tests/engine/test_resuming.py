"""A run that is killed and resumed ends as if it had never stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from nm_torch_samples import Keep, Map, Mean, Ragged, two_losses

from nm_core import NeuralModuleFactory, Run
from nm_core.callbacks import CheckpointCallback, EvaluationCallback
from nm_torch.checkpoint import CheckpointDamagedError, CheckpointMismatchError, complete_checkpoints, read_manifest
from nm_torch.engine.interrupts import SIGNALS
from nm_torch.errors import NonFiniteWeightsError

ADAMW = {"name": "adamw", "lr": 0.01}
COSINE = {"name": "cosine", "warmup_steps": 3}


def build(**settings: Any) -> tuple[Map, list[Any]]:
    """Return a net with known weights and its losses, over shuffled data with dropout."""
    torch.manual_seed(0)
    net = Map(dropout=0.3, double=settings.get("double", True))
    return net, list(two_losses(Ragged(**{"shuffle": True} | settings), net))


def weights(net: Map) -> torch.Tensor:
    """Return all weights as one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


def train(folder: Path, end: int, *, resume: Any = None, callbacks: list[Any] | None = None, **settings: Any) -> Any:
    """Train a fresh net in a fresh factory up to an update; return the net and the result."""
    batches = settings.pop("batches_per_step", 1)
    precision = settings.pop("precision", "fp32")
    net, losses = build(**settings)
    nf = NeuralModuleFactory(work_dir=folder, seed=4, precision=precision)
    result = nf.train(
        losses,
        optimizer=ADAMW,
        policy={**COSINE, "horizon": 20},
        max_steps=end,
        batches_per_step=batches,
        callbacks=callbacks or [],
        resume=resume,
        gradient_clip_norm=0.5,
    )
    return net, result


@pytest.mark.parametrize(
    ("stop", "settings"),
    [
        (1, {}),
        (6, {}),
        (9, {"workers": 2}),
        (4, {"batches_per_step": 3}),
        (12, {"batches_per_step": 3, "workers": 2}),
        (7, {"precision": "fp16", "double": False}),
    ],
)
def test_resuming_is_exact(tmp_path: Path, stop: int, settings: dict[str, Any]) -> None:
    """Mid epoch and at its edge, with and without workers and accumulation: bitwise the uninterrupted weights."""
    whole, _ = train(tmp_path / "whole", 14, **settings)
    train(tmp_path / "cut", stop, callbacks=[CheckpointCallback(every_steps=stop)], **settings)

    resumed, result = train(tmp_path / "cut", 14, resume="auto", **settings)

    assert torch.equal(weights(resumed), weights(whole))
    assert result.step == 14
    assert not [line for line in result.report if "not bitwise" in line]


@pytest.mark.proof
@pytest.mark.parametrize("batches_per_step", [1, 3])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stops", [(1,), (2,), (5,), (6,), (12,), (2, 4), (1, 6, 7), (3, 12, 13)])
def test_resuming_is_exact_however_often(
    tmp_path: Path, stops: tuple[int, ...], workers: int, batches_per_step: int
) -> None:
    """Killed one to three times, in epochs 0, 1 and 2, mid and at the edge, with accumulation and workers."""
    settings = {"workers": workers, "batches_per_step": batches_per_step}
    whole, _ = train(tmp_path / "whole", 14, **settings)
    for stop in stops:
        train(tmp_path / "cut", stop, resume="auto", callbacks=[CheckpointCallback(every_steps=1)], **settings)

    resumed, _ = train(tmp_path / "cut", 14, resume="auto", **settings)

    assert torch.equal(weights(resumed), weights(whole))


def test_losses_at_log_points_are_exact_too(tmp_path: Path) -> None:
    """What was added up since the last log point is part of the checkpoint."""
    whole, cut = Keep(), Keep()
    train(tmp_path / "whole", 20, callbacks=[whole])
    train(tmp_path / "cut", 7, callbacks=[CheckpointCallback(every_steps=7)])

    train(tmp_path / "cut", 20, callbacks=[cut], resume="auto")

    assert cut.values == whole.values


def test_a_checkpoint_can_be_named(tmp_path: Path) -> None:
    """An explicit path resumes from that checkpoint, though a newer one is there."""
    whole, _ = train(tmp_path / "whole", 8)
    train(tmp_path / "cut", 6, callbacks=[CheckpointCallback(every_steps=3)])
    first = complete_checkpoints(tmp_path / "cut" / "checkpoints")[0]

    resumed, result = train(tmp_path / "elsewhere", 8, resume=first)

    assert torch.equal(weights(resumed), weights(whole))
    assert result.step == 8


def test_evaluation_during_training_changes_nothing(tmp_path: Path) -> None:
    """Scores are computed in evaluation mode and leave streams, modes and order as they were."""
    whole, _ = train(tmp_path / "whole", 8)
    layer = Ragged(count=5, name="dev")
    evaluation = EvaluationCallback([Mean(value=layer().index)], every_steps=3, name="dev")

    net, result = train(tmp_path / "evaluated", 8, callbacks=[evaluation])

    assert torch.equal(weights(net), weights(whole))
    assert result.scores == {"dev": {"mean": 2.0, "count": 5.0}}


def test_a_difference_that_ends_exactness_is_reported(tmp_path: Path) -> None:
    """Another accumulation resumes, and the report says that the results are not bitwise the same."""
    train(tmp_path, 4, callbacks=[CheckpointCallback(every_steps=4)])
    _, result = train(tmp_path, 6, resume="auto", batches_per_step=2)
    assert any("batches_per_step: the checkpoint has 1, this run 2" in line for line in result.report)


def test_a_checkpoint_of_another_graph_is_refused(tmp_path: Path) -> None:
    """The error names what differs."""
    train(tmp_path, 2, callbacks=[CheckpointCallback(every_steps=2)])
    _, losses = build()
    with pytest.raises(CheckpointMismatchError, match="token_loss"):
        NeuralModuleFactory(work_dir=tmp_path).train(losses[1], optimizer=ADAMW, max_steps=4, resume="auto")


def test_a_damaged_checkpoint_falls_back_or_is_an_error(tmp_path: Path) -> None:
    """Automatic resume takes the newest one that verifies and says so; a named one that does not is an error."""
    train(tmp_path, 6, callbacks=[CheckpointCallback(every_steps=3)])
    newest = complete_checkpoints(tmp_path / "checkpoints")[-1]
    victim = next((newest / "weights").iterdir())
    victim.write_bytes(victim.read_bytes()[:-3])

    with pytest.raises(CheckpointDamagedError):
        train(tmp_path, 8, resume=newest)
    whole, _ = train(tmp_path / "whole", 8)
    resumed, result = train(tmp_path, 8, resume="auto")
    assert torch.equal(weights(resumed), weights(whole))
    assert any("Passed over" in line for line in result.report)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_checkpoints_at_the_next_step_boundary(tmp_path: Path, number: int) -> None:
    """The run ends with the reason "interrupted" and a checkpoint, and resumes exactly; the handler is given back."""

    class Signal(Keep):
        def on_step(self, run: Run) -> None:
            super().on_step(run)
            if run.step == 5:
                os.kill(os.getpid(), number)

    at_first = signal.getsignal(number)
    if at_first is signal.SIG_IGN:  # as nohup has it for SIGHUP: a training leaves it so
        signal.signal(number, signal.SIG_DFL)
    before = signal.getsignal(number)
    whole, _ = train(tmp_path / "whole", 9)

    with pytest.raises(KeyboardInterrupt) as caught:
        train(tmp_path / "cut", 9, callbacks=[Signal()])
    result = caught.value.result  # a loop around the training ends, and what was trained can be asked for
    resumed, _ = train(tmp_path / "cut", 9, resume="auto")

    assert (result.reason, result.step) == ("interrupted", 5)
    assert result.checkpoint is not None
    assert torch.equal(weights(resumed), weights(whole))
    assert signal.getsignal(number) is before
    signal.signal(number, at_first)


def test_a_training_that_ends_with_spoilt_weights_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    """The error names what is not finite, and the training goes on from where it was well."""

    class Spoil(Keep):
        net: Map

        def on_step(self, run: Run) -> None:
            super().on_step(run)
            if run.step == 5:
                with torch.no_grad():
                    self.net.second.bias[0] = float("nan")

    spoil = Spoil()
    spoil.net, losses = build()
    nf = NeuralModuleFactory(work_dir=tmp_path, seed=4)
    with pytest.raises(NonFiniteWeightsError, match=r"map\.second\.bias"):
        nf.train(losses, max_steps=5, callbacks=[spoil, CheckpointCallback(every_steps=2, keep=1)])

    (path,) = (tmp_path / "checkpoints").iterdir()
    assert read_manifest(path).step == 4


def test_kill_9_loses_at_most_one_interval(tmp_path: Path) -> None:
    """A process killed without warning resumes from its last checkpoint and ends with bitwise the same weights."""
    whole, _ = train(tmp_path / "whole", 14)
    command = [sys.executable, str(Path(__file__).with_name("killed_worker.py")), str(tmp_path / "cut"), "9"]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    last = read_manifest(complete_checkpoints(tmp_path / "cut" / "checkpoints")[-1])
    resumed, _ = train(tmp_path / "cut", 14, resume="auto", callbacks=[CheckpointCallback(every_steps=2)])

    assert last.step == 8
    assert torch.equal(weights(resumed), weights(whole))


def test_to_resume_without_a_checkpoint_begins_anew_and_says_so(tmp_path: Path) -> None:
    """Whoever mistook the folder learns it from the report."""
    begun, result = train(tmp_path / "new", 3, resume="auto")
    plain, _ = train(tmp_path / "plain", 3)

    assert torch.equal(weights(begun), weights(plain))
    assert [line for line in result.report if "no checkpoint" in line and str(tmp_path / "new") in line]
