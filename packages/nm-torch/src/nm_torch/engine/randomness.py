"""Random streams of an action: functions of the seed and the position, with the caller's generators restored."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from hashlib import sha256
from threading import Lock, RLock

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
    # torch.manual_seed would seed every accelerator as well, which costs more than a small forward pass.
    return _find_generator(device).manual_seed


def _find_generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        torch.cuda.init()  # the generators exist only afterwards
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator


@cache
def shared_generator(device: torch.device) -> "SharedGenerator":
    """Return the generator of a device; there is one, whoever computes."""
    return SharedGenerator(device)


class Draws:
    """What is known of a graph: whether its modules draw from the generator while they do not learn.

    Attributes:
        known: True or False; None before its first run.
    """

    def __init__(self) -> None:
        self.known: bool | None = None


class SharedGenerator:
    """The generator that modules on a device draw from, while threads compute without learning.

    It is one for the whole process. The first thread takes the caller's state and seeds it, the last one gives it
    back, so that threads leave nothing changed together. A graph that draws even so computes alone among those that
    draw, as two of them would take numbers from each other's stream; nobody seeds the generator meanwhile.

    Args:
        device: where the modules are.
    """

    def __init__(self, device: torch.device) -> None:
        self.generator = _find_generator(device)
        self.seed = self.generator.manual_seed
        self.users = 0
        self.lock = Lock()
        self.drawing = RLock()
        self.state: torch.Tensor | None = None

    def stream(self, seed: int, draws: Draws) -> AbstractContextManager[None]:
        """Compute under the stream of a seed; note in `draws` whether any number was drawn, where that is not known."""
        return _Stream(self, seed) if draws.known is False else self._stream_alone(seed, draws)

    @contextmanager
    def _stream_alone(self, seed: int, draws: Draws) -> Iterator[None]:
        with self.drawing:
            self.enter(seed, alone=True)
            before = self.generator.get_state()
            try:
                yield
            finally:
                if draws.known is None:
                    draws.known = not torch.equal(self.generator.get_state(), before)
                self.leave()

    def enter(self, seed: int, *, alone: bool) -> None:
        """Begin to compute; `alone` where numbers are drawn and no other thread draws any."""
        with self.lock:
            if self.users == 0:
                self.state = self.generator.get_state()
            if self.users == 0 or alone:
                self.seed(seed)
            self.users += 1

    def leave(self) -> None:
        """End to compute."""
        with self.lock:
            self.users -= 1
            if self.users == 0 and self.state is not None:
                self.generator.set_state(self.state)


class _Stream(AbstractContextManager[None]):
    """A stream that threads share, as nothing is drawn; a class, since it is entered before every forward pass."""

    def __init__(self, shared: SharedGenerator, seed: int) -> None:
        self.shared, self.seed = shared, seed

    def __enter__(self) -> None:
        self.shared.enter(self.seed, alone=False)

    def __exit__(self, *error: object) -> None:
        self.shared.leave()


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
