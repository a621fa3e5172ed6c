"""Random streams of an action: functions of the seed and the place, and the caller's generators given back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import torch

_WORD = 0xFFFF_FFFF_FFFF_FFFF


def stream_seed(seed: int, update: int, micro_batch: int) -> int:
    """Return the seed of the generator for one micro-batch of one update (dropout and the like).

    Three rounds of SplitMix64's finaliser (Steele, Lea and Flood 2014), so that neighbours have nothing in common.
    """
    mixed = seed & _WORD
    for value in (update, micro_batch):
        mixed = (mixed + 0x9E3779B97F4A7C15 * (value + 1)) & _WORD
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        mixed ^= mixed >> 31
    return mixed >> 1


def seeder(device: torch.device) -> Callable[[int], object]:
    """Return what seeds the generator that modules on a device draw from."""
    if device.type == "cuda":
        torch.cuda.init()
        return torch.cuda.default_generators[device.index or 0].manual_seed
    return torch.default_generator.manual_seed


@contextmanager
def preserved(device: torch.device) -> Iterator[None]:
    """Give the caller's generators back as they were."""
    states = [(torch.default_generator, torch.default_generator.get_state())]
    if device.type == "cuda":
        torch.cuda.init()
        generator = torch.cuda.default_generators[device.index or 0]
        states.append((generator, generator.get_state()))
    try:
        yield
    finally:
        for generator, state in states:
            generator.set_state(state)


@contextmanager
def seeded(seed: int, name: str) -> Iterator[None]:
    """Make what torch draws inside depend on `seed` and `name` only, and give the caller's generator back."""
    digest = sha256(f"{seed}/{name}".encode()).digest()
    with preserved(torch.device("cpu")):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        yield
