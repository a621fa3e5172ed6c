"""Modules that break one law each; the comment of a class is its lie."""

import random
from collections.abc import Mapping
from itertools import count
from typing import Any, Unpack

from nm_core_honest import Mean, Noise, Numbers, Running, Surprise
from nm_core_reference import Tensor

from nm_core import ModuleOptions, NeuralModule, PortSpec, ports
from nm_core.plugins.declarations import ModuleSpec
from nm_types import ChannelTag

TICKS = count(2)


class StrangerTag(ChannelTag, id="elsewhere.Stranger"):
    """A tag of somebody else's namespace."""


class Demanding(Noise):
    """Needs a parameter, and has no example."""

    def __init__(self, *, level: float, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(level=level, **options)


class Nameless(Noise):
    """Has a constructor that takes its own parameters alone."""

    def __init__(self, *, level: float = 0.1) -> None:
        super().__init__(level=level)


class Living(Noise):
    """Takes a live object for a parameter."""

    def __init__(self, *, generator: Any = random.Random, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)


class Refusing(Noise):
    """Refuses the lists that a file has for tuples."""

    def __init__(self, *, levels: Any = (0.1,), **options: Unpack[ModuleOptions]) -> None:
        super().__init__(level=levels[0], **options)
        if not isinstance(levels, tuple):
            raise TypeError("levels is a tuple")


class Restless(Noise):
    """Has other ports each time that they are computed."""

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        size = next(TICKS)
        return ports(x=f"B Channel:{size}"), ports(y=f"B Channel:{size}")


class Welcoming(Noise):
    """Takes whatever it is connected to."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Exception:  # noqa: BLE001 - that is the lie
            return None


class Cutting(Noise):
    """Gives one channel less than it promises."""

    def forward(self, x: Tensor) -> Tensor:
        return Tensor.of([row[1:] for row in x.plain()])


class Writing(Noise):
    """Writes into what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        x.values[:] = [0.0] * len(x.values)
        return x


class Dicing(Noise):
    """Draws its weight from the system."""

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.weight = Tensor([random.SystemRandom().random()], (1,))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.values[0]


class Noisy(Noise):
    """Is loud in evaluation as well."""

    def forward(self, x: Tensor) -> Tensor:
        return x + random.random()


class Secluded(Noise):
    """Takes nothing that the suite can invent."""

    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("that is no lattice")


class Sometimes(Noise):
    """Is loud in evaluation where a parameter says so."""

    def __init__(self, *, loud: bool = True, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.loud = loud

    def forward(self, x: Tensor) -> Tensor:
        return x + random.random() if self.loud else x


SOMETIMES = [{"loud": True}, {"loud": False}]


class Moody(Noise):
    """Changes a weight when its mode changes."""

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.times = 1.0

    @property
    def training(self) -> bool:  # type: ignore[override]
        return False

    @training.setter
    def training(self, value: bool) -> None:
        if value:
            self.times += 1.0

    def forward(self, x: Tensor) -> Tensor:
        return x * self.times


class Secretive(Noise):
    """Keeps a random number that no file of weights holds."""

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.secret = random.random()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.secret


class Gathering(Noise):
    """Gathers statistics in training that no file of weights holds."""

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.mean = 0.0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.mean = sum(x.values) / len(x.values)
        return x + self.mean


class Peeking(Running):
    """Adds what lies behind the lengths."""

    def forward(self, x: Tensor, length: Tensor, share: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return Tensor.of([[sum(row)] * len(row) for row in x.plain()]), length


class Sociable(Noise):
    """Subtracts the mean of the batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x + -sum(x.values) / len(x.values)


class Forgetful(Numbers):
    """Leaves out the last sample."""

    def plan(self, seed: int | None = None, epoch: int = 0) -> list[tuple[int, ...]]:
        return [(0, 1), (2, 3)]


class Whimsical(Numbers):
    """Shuffles as it likes."""

    def plan(self, seed: int | None = None, epoch: int = 0) -> list[tuple[int, ...]]:
        return super().plan(next(TICKS) * 7919, epoch)


class Swapping(Numbers):
    """Gives its values in another order than its ports."""

    def load(self, indices: Any) -> tuple[Any, ...]:
        return super().load(indices)[::-1]


class Averaging(Mean):
    """Merges means."""

    def merge(self, other: Any) -> None:
        self.total = (self.total / self.count + other.total / other.count) / 2
        self.count = 1


class Amnesic(Mean):
    """Keeps the total, and not of how many."""

    def state(self) -> dict[str, Any]:
        return {"total": self.total, "count": 1}


class Clinging(Mean):
    """Keeps something through a reset."""

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.total, self.count = 0.0, 0

    def reset(self) -> None:
        self.total = 0.0


class Boastful(Mean):
    """Says what it aims at in words of its own."""

    goals = {"mean": "maximize"}  # type: ignore[dict-item]


class Batchwise(Mean):
    """Takes the mean of the means of batches."""

    def update(self, *, value: Tensor) -> None:
        self.total += sum(value.values) / len(value.values)
        self.count += 1


class Diluting(Surprise):
    """Divides its total by the number of samples."""

    def total(self, x: Tensor, y: Tensor) -> float:
        return super().total(x, y) / self.weight(y)


class Weightless(Surprise):
    """Has one weight whatever it is given."""

    def weight(self, y: Tensor) -> float:
        return 1.0


NotAModule = ModuleSpec
"""What is declared as a module and is none."""

EXAMPLES: Mapping[str, Any] = {}
LIES: list[type] = [
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, NeuralModule) and value.__module__ == __name__
]
