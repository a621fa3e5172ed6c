"""Buffers as they were before a step: in place, replaced, integer, written behind autograd's back, and tables."""

import pytest
import torch
from torch import Tensor, nn

from nm_torch.engine.buffer_backup import BufferBackup


class Writing(nn.Module):
    """Writes its buffers in every way that modules have."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer("codebook", torch.zeros(3))
        self.register_buffer("replaced", torch.zeros(2))
        self.register_buffer("late", None)
        self.register_buffer("cache", torch.zeros(2), persistent=False)
        self.register_buffer("table", torch.arange(4.0), persistent=False)
        self.register_buffer("seen", torch.zeros(3, dtype=torch.bool))

    def forward(self, x_BC: Tensor) -> Tensor:
        """Normalise, and write everything but the table."""
        self.codebook.data.add_(x_BC.detach().mean(0))
        self.replaced = self.replaced + 1
        self.late = torch.ones(2) if self.late is None else self.late + 1
        self.cache += 1
        self.seen[0] = True
        return self.norm(x_BC)


def state(module: nn.Module) -> dict[str, Tensor | None]:
    """Return a copy of every buffer, those that are not saved included."""
    return {
        f"{prefix}.{name}": None if buffer is None else buffer.clone()
        for prefix, part in module.named_modules()
        for name, buffer in part._buffers.items()
    }


@pytest.mark.parametrize("good", [0, 1, 3])
@pytest.mark.parametrize("passes", [1, 3])
def test_every_buffer_is_given_back(good: int, passes: int) -> None:
    """After any number of good steps, the buffers of a window of passes over bad values come back bitwise."""
    module = Writing()
    backup = BufferBackup(module)
    for _ in range(good):
        backup.save()
        module(torch.randn(5, 3))
    before = state(module)

    for _ in range(2):  # twice in a row, since restoring is itself a write
        backup.save()
        for _ in range(passes):
            module(torch.full((5, 3), torch.nan))
        backup.restore()

    after = state(module)
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert (value is None and after[name] is None) or torch.equal(value, after[name]), name
    backup.save()
    module(torch.randn(5, 3))
    assert int(module.norm.num_batches_tracked) == good + 1


def test_tables_are_copied_once() -> None:
    """A buffer that is neither saved nor written to costs one copy in all."""
    module = Writing()
    backup = BufferBackup(module)
    backup.save()
    number = [name for _, name, _ in backup.places].index("table")
    first = backup.copies[number]
    module.table += 0  # written once
    backup.save()
    second = backup.copies[number]
    backup.save()

    assert second is not first
    assert backup.copies[number] is second
