"""A small state with everything in it, for the tests of checkpoints."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from nm_torch.checkpoint import CheckpointState, versions, weights_signature
from nm_torch.optim import AdamW, optimizer_state


def make_state(step: int = 0) -> CheckpointState:
    """Return a state of two modules with a tied weight, moments, random generators and plain data."""
    generator = torch.Generator().manual_seed(step)
    encoder, decoder = nn.Linear(3, 4), nn.Linear(3, 4)
    with torch.no_grad():
        encoder.weight.normal_(generator=generator)
    decoder.weight = encoder.weight
    both = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    optimizer = AdamW().build(both.named_parameters())
    decoder(encoder(torch.randn(2, 3, generator=generator))[:, :3]).sum().backward()
    optimizer.step()
    return CheckpointState(
        weights={name: dict(module.state_dict()) for name, module in both.items()},
        optimizer=optimizer_state(optimizer),
        scaler={"scale": 65536.0, "growth_tracker": step},
        step=step,
        epoch=step // 7,
        micro_batch=step % 7,
        samples=4 * step,
        rng=[{"cpu": generator.get_state(), "python": [3, 1.5]}, {"cpu": generator.get_state()}],
        callbacks={"0 EarlyStopping": {"best": float("inf"), "waited": 2}},
        versions=versions(),
        application={"file": "app.yaml", "digest": "ab12"},
        graph=weights_signature(both.named_parameters()),
        extra={"note": "größer"},
    )


@pytest.fixture
def state_of() -> Callable[[int], CheckpointState]:
    """Return the maker of small states."""
    return make_state
