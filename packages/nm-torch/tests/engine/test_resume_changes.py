"""A training that goes on otherwise than it would have says so before its first step, naming both values."""

from pathlib import Path
from typing import Any

import pytest
import torch
from nm_torch_samples import Keep, Map, Ragged, two_losses

from nm_core import NeuralModuleFactory, Run, TrainingResult
from nm_torch.errors import TrainingError
from nm_torch.optim.optimizer_state import OptimizerStateError

COSINE = {"name": "cosine"}


class Before(Keep):
    """Keeps what was reported before the first step."""

    def on_start(self, run: Run) -> None:
        """Keep it."""
        super().on_start(run)
        self.report = list(run.report)


def train(folder: Path, end: int, *, resume: Any = None, **options: Any) -> tuple[TrainingResult, str]:
    """Train a fresh net to an update; return the result and what was said before the first step."""
    torch.manual_seed(0)
    settings = {name: options.pop(name) for name in ("seed", "precision") if name in options}
    data = {name: options.pop(name) for name in ("count", "batch_size") if name in options}
    before = Before()
    nf = NeuralModuleFactory(work_dir=folder, **{"seed": 4} | settings)
    losses = list(two_losses(Ragged(**data), Map()))
    options = {"optimizer": {"name": "adamw", "lr": 0.01}, "policy": COSINE} | options
    result = nf.train(losses, max_steps=end, callbacks=[before, SaveEnd()], resume=resume, **options)
    return result, "\n".join(before.report)


class SaveEnd(Keep):
    """Has a checkpoint at the end."""

    def on_start(self, run: Run) -> None:
        """Ask for it."""
        super().on_start(run)
        run.checkpoint_at_end = True


@pytest.mark.parametrize(
    ("end", "options", "said"),
    [
        (40, {}, ["jumps from 0 to 0.00854 at update 11", "the length was 10 updates and is 40 updates"]),
        (20, {"policy": "constant"}, ["jumps from 0 to 0.01", "the policy was CosineAnnealing("]),
        (20, {"optimizer": {"name": "adamw", "lr": 0.02}}, ["jumps from 0 to 0.01", "lr"]),
        (20, {"seed": 5}, ["seed: the checkpoint has 4, this run 5"]),
        (20, {"gradient_clip_norm": 0.5}, ["gradient_clip_norm: the checkpoint has None, this run 0.5"]),
        (20, {"non_finite": "skip"}, ["non_finite: the checkpoint has error, this run skip"]),
        (20, {"batches_per_step": 2}, ["batches_per_step: the checkpoint has 1, this run 2"]),
    ],
)
def test_what_changes_is_said_before_the_first_step(
    tmp_path: Path, end: int, options: dict[str, Any], said: list[str]
) -> None:
    """Length, policy, learning rate, seed, clipping and the like are each named with both values."""
    train(tmp_path, 10)
    _, report = train(tmp_path, end, resume="auto", **options)
    for words in said:
        assert words in report


def test_what_does_not_change_is_not_said(tmp_path: Path) -> None:
    """The same settings, or a longer training whose rate depends on no length, bring no word."""
    constant: dict[str, Any] = {"policy": "constant"}
    train(tmp_path, 10, **constant)
    assert train(tmp_path, 20, resume="auto", **constant)[1] == ""
    own = {"policy": {**COSINE, "horizon": 60}}
    train(tmp_path / "own", 10, **own)
    assert train(tmp_path / "own", 20, resume="auto", **own)[1] == ""


def test_a_rate_that_will_differ_later_is_said_too(tmp_path: Path) -> None:
    """In the warm-up two lengths have one rate, and part afterwards."""
    policy = {"policy": {**COSINE, "warmup_steps": 8}}
    nf = NeuralModuleFactory(work_dir=tmp_path, seed=4)
    stop = Before()
    stop.step_interval = 1
    stop.on_step = lambda run: run.request_stop("early") if run.step == 4 else None
    losses = list(two_losses(Ragged(), Map()))
    nf.train(losses, max_steps=10, optimizer={"name": "adamw", "lr": 0.01}, callbacks=[SaveEnd(), stop], **policy)

    _, report = train(tmp_path, 40, resume="auto", **policy)

    assert "goes on otherwise than it would have: the length was 10 updates and is 40 updates" in report


def test_a_second_call_of_train_says_it_too(tmp_path: Path) -> None:
    """Without a checkpoint between them, the two lengths of two calls make the same jump."""
    losses = list(two_losses(Ragged(), Map()))
    nf = NeuralModuleFactory(seed=4)
    nf.train(losses, max_steps=10, policy=COSINE)
    assert any("jumps from 0 to" in line for line in nf.train(losses, max_steps=40, policy=COSINE).report)


def test_another_optimizer_is_refused(tmp_path: Path) -> None:
    """Its state belongs to no other."""
    train(tmp_path, 10)
    with pytest.raises(OptimizerStateError, match="The state is that of AdamW"):
        train(tmp_path, 20, resume="auto", optimizer={"name": "sgd", "lr": 0.1})


def test_nothing_left_to_do_is_said(tmp_path: Path) -> None:
    """No update is made, and the report names the update and the end."""
    train(tmp_path, 10)
    result, report = train(tmp_path, 10, resume="auto")
    assert (result.step, result.updates, result.reason) == (10, 0, "finished")
    assert "Nothing is left to do: the training is at update 10" in report
    assert "max_steps=10" in report


@pytest.mark.parametrize("folder", ["", "checkpoints"])
def test_a_run_is_resumed_by_its_folder(tmp_path: Path, folder: str) -> None:
    """The newest checkpoint is taken, and named; a saved application is told apart."""
    first, _ = train(tmp_path / "run", 10)
    assert first.checkpoint is not None
    result, report = train(tmp_path / "other", 12, resume=tmp_path / "run" / folder, policy="constant")
    assert result.updates == 2
    assert f"going on from {first.checkpoint.name}, the newest checkpoint" in report
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "application.json").write_text("{}")
    with pytest.raises(TrainingError, match="is a saved application"):
        train(tmp_path / "third", 12, resume=tmp_path / "saved")
