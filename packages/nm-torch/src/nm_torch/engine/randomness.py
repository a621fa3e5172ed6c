"""Random streams of an action: functions of the seed and the position, with the caller's generators restored."""

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
    """Return the function that seeds the generator which modules on a device draw from."""
    if device.type == "cuda":
        torch.cuda.init()  # the generators exist only afterwards
        return torch.cuda.default_generators[device.index or 0].manual_seed
    # torch.manual_seed would seed every accelerator as well, which costs more than a small forward pass.
    return torch.default_generator.manual_seed


@contextmanager
def preserve_generators(device: torch.device) -> Iterator[None]:
    """Restore the states of the caller's generators afterwards."""
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
def seed_by_name(seed: int, name: str) -> Iterator[None]:
    """Make the draws of torch inside depend on `seed` and `name` only, and restore the caller's generator."""
    digest = sha256(f"{seed}/{name}".encode()).digest()
    with preserve_generators(torch.device("cpu")):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        yield
