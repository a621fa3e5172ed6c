"""Where a run computes."""

import torch

from nm_torch.errors import PlacementError


def resolve_device(placement: str, local_rank: int = 0) -> torch.device:
    """Return the device of this process: "auto" is the GPU of this rank if there is one, else the CPU.

    Raises:
        PlacementError: the device is unknown or is not there.
    """
    if placement == "auto":
        return torch.device("cuda", local_rank) if torch.cuda.is_available() else torch.device("cpu")
    kind, _, number = placement.partition(":")
    if kind == "cpu" and not number:
        return torch.device("cpu")
    if kind != "cuda" or (number and not number.isdigit()):
        raise PlacementError(f'placement is "auto", "cpu", "cuda" or "cuda:1", and {placement!r} was given.')
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(number) if number else local_rank
    if index >= count:
        raise PlacementError(
            f'placement "{placement}" was asked for, and torch {torch.__version__} sees {count} GPUs here.\n'
            '  Use placement="auto" or "cpu", or install a build of torch for this GPU.'
        )
    return torch.device("cuda", index)
