"""A training that goes on from a checkpoint ends bitwise where the uninterrupted one does."""

from pathlib import Path

import pytest
import torch
from torch import nn

from nm_torch.checkpoint import CheckpointState, CheckpointWriter, newest_checkpoint
from nm_torch.optim import (
    CosineAnnealing,
    Schedule,
    load_optimizer_state,
    optimizer_names,
    optimizer_state,
    resolve_optimizer,
)

USABLE = sorted(set(optimizer_names()) - {"LBFGS", "SparseAdam", "Muon", "SGD", "Adam", "AdamW"})


class Training:
    """The few lines of a training that keeps its state as an engine does."""

    def __init__(self, name: object) -> None:
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))
        self.spec = resolve_optimizer(name)
        self.optimizer = self.spec.build(self.net.named_parameters())
        self.schedule = Schedule(self.optimizer, CosineAnnealing(warmup_steps=2), 8)
        self.step = 0
        torch.manual_seed(1)

    def run(self, until: int) -> None:
        """Make updates up to a step; batches and dropout follow the generator."""
        while self.step < until:
            self.schedule.apply(self.step)
            self.net(torch.randn(6, 3)).square().sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.step += 1

    def save(self, folder: Path) -> None:
        """Write a checkpoint."""
        weights = {"net": self.net.state_dict()}
        state = CheckpointState(
            weights=weights,
            optimizer=optimizer_state(self.optimizer),
            step=self.step,
            rng=[{"cpu": torch.get_rng_state()}],
        )
        CheckpointWriter(folder).write(state)

    def restore(self, folder: Path) -> None:
        """Go back to the newest checkpoint."""
        found = newest_checkpoint(folder)
        assert found is not None
        assert found.state.optimizer is not None
        self.net.load_state_dict(found.state.weights["net"])
        report = load_optimizer_state(self.optimizer, found.state.optimizer, settings=self.spec.arguments())
        assert report == ()
        self.step = found.state.step
        torch.set_rng_state(found.state.rng[0]["cpu"])


@pytest.mark.parametrize("name", [*USABLE, {"name": "sgd", "momentum": 0.9}, {"name": "novograd", "weight_decay": 0.1}])
def test_resuming_is_exact(tmp_path: Path, name: object) -> None:
    """Weights, buffers and generator are bitwise those of the run that was never interrupted, for every optimizer."""
    through, first = Training(name), Training(name)
    torch.manual_seed(1)
    through.run(8)
    end = torch.get_rng_state()
    torch.manual_seed(1)
    for stop in (3, 5):
        first.run(stop)
        first.save(tmp_path)
        first = Training(name)
        first.restore(tmp_path)
    first.run(8)
    assert torch.equal(torch.get_rng_state(), end)
    for key, value in through.net.state_dict().items():
        assert torch.equal(first.net.state_dict()[key], value), key
