"""Devices: the one a process computes on, and values on their way to it and back to float32 on the host."""

from typing import Any

import torch
from torch import Tensor

from nm_core.errors import did_you_mean
from nm_torch.errors import PlacementError

HALF_TYPES = (torch.float16, torch.bfloat16)


def parse_placement(placement: str) -> tuple[str, int | None]:
    """Return the kind of a placement, "auto", "cpu" or "cuda", and the number of the device where it has one.

    Raises:
        PlacementError: it is none of these.
    """
    kind, colon, number = placement.partition(":")
    if (kind in ("auto", "cpu") and not colon) or (kind == "cuda" and (not colon or number.isdecimal())):
        return kind, int(number) if number else None
    hint = (
        ' Did you mean "cuda"?' if "gpu" in placement.lower() else did_you_mean(kind.lower(), ("auto", "cpu", "cuda"))
    )
    raise PlacementError(f'placement is "auto", "cpu", "cuda" or "cuda:1", and {placement!r} was given.{hint}')


def resolve_device(placement: str, local_rank: int = 0) -> torch.device:
    """Return the device of this process: "auto" is the GPU of this rank if there is one, else the CPU.

    Raises:
        PlacementError: the device is unknown or is not there.
    """
    kind, number = parse_placement(placement)
    if kind == "auto":
        return torch.device("cuda", local_rank) if torch.cuda.is_available() else torch.device("cpu")
    if kind == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = local_rank if number is None else number
    if index >= count:
        raise PlacementError(
            f'placement "{placement}" was asked for, and torch {torch.__version__} sees {count} GPUs here.\n'
            '  Use placement="auto" or "cpu", or install a build of torch for this GPU.'
        )
    return torch.device("cuda", index)


def to_device(value: Any, device: torch.device) -> Any:
    """Return a value on a device, if it is a tensor."""
    # non_blocking takes effect where the data layer pinned the memory; elsewhere the copy blocks as usual.
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value


def to_host(value: Any) -> Any:
    """Return a tensor on the CPU without its history, half types widened to float32; other values as they are."""
    if not isinstance(value, Tensor):
        return value
    return widen(value.detach()).cpu()  # numpy, which host modules use, has no bfloat16


def widen(value: Any) -> Any:
    """Return a tensor of a half type in float32; other values as they are."""
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF_TYPES else value
