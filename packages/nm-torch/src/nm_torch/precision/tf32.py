"""TF32 in matrix products and convolutions on NVIDIA GPUs: torch's process-wide switches, which have two forms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Allow TF32 inside the block or forbid it, and leave torch's switches as they were."""
    matmul: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    owners: list[tuple[Any, str]] = [(matmul, "allow_tf32"), (cudnn, "allow_tf32")]
    value: bool | str = allowed
    try:
        before = [getattr(owner, name) for owner, name in owners]
    except RuntimeError:
        # Where a program has set `fp32_precision`, which later releases have, torch refuses to read the older switch.
        owners = [(owner, "fp32_precision") for owner in (matmul, cudnn.conv, cudnn.rnn)]
        value = "tf32" if allowed else "ieee"
        before = [getattr(owner, name) for owner, name in owners]
    try:
        for owner, name in owners:
            setattr(owner, name, value)
        yield
    finally:
        for (owner, name), earlier in zip(owners, before, strict=True):
            setattr(owner, name, earlier)
