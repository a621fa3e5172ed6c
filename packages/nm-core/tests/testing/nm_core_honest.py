"""A collection for the reference backend whose modules keep every law, and its declaration."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from nm_core_reference import Linear, ReferenceModule, Rows, Tensor

from nm_core import Metric, ModuleOptions, NeuralModule, optional, ports
from nm_core.plugins import Collection, ModuleSpec, hookimpl
from nm_types import ChannelTag

TIMED = {"x": "B T:t", "length": "B ; Lengths(t)"}


class NoteTag(ChannelTag, id="honest.Note"):
    """The pitches of an instrument."""


class Project(Linear):
    """An affine map with another name for its width."""


class Noise(ReferenceModule):
    """Loud in training, silent in evaluation."""

    input_ports = ports(x="B Channel:c")
    output_ports = ports(y="B Channel:c")

    def __init__(self, *, level: float = 0.1, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.level = level

    def forward(self, x: Tensor) -> Tensor:
        """Add noise."""
        level = self.level if self.training else 0.0
        return Tensor([value + level * random.random() for value in x.values], x.shape)


class Running(ReferenceModule):
    """The sum of what came before, of real positions; divided by a number per sample, if there is one."""

    input_ports = ports(**TIMED, share=optional("B"))
    output_ports = ports(**TIMED)

    def forward(self, x: Tensor, length: Tensor, share: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return sums, and zeros behind the lengths."""
        rows = []
        for row, real, part in zip(x.plain(), length.values, share.values if share else [1.0] * 99, strict=False):
            rows.append([sum(row[: at + 1]) * part if at < real else 0.0 for at in range(len(row))])
        return Tensor.of(rows), length


class Surprise(ReferenceModule):
    """A loss: squared differences, over the number of samples."""

    input_ports = ports(x="B Channel:c", y="B Channel:c")
    output_ports = ports(loss="; Loss")

    def total(self, x: Tensor, y: Tensor) -> float:
        """Sum over the batch."""
        return sum((a - b) ** 2 for a, b in zip(x.values, y.values, strict=True))

    def weight(self, y: Tensor) -> float:
        """Count the samples."""
        return float(y.shape[0])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Divide."""
        return Tensor([self.total(x, y) / self.weight(y)], ())


class Louder(NeuralModule):
    """Text in capital letters."""

    input_ports = ports(text="list[object Text]")
    output_ports = ports(loud="list[object Text]")

    def forward(self, text: list[str]) -> list[str]:
        """Shout."""
        return [one.upper() for one in text]


class Numbers(Rows):
    """Numbers from a file, and their squares."""

    output_ports = ports(number="B ; Index", square="B Channel:1")

    def __init__(
        self, *, path: str | Path, batch_size: int = 2, shuffle: bool = True, **options: Unpack[ModuleOptions]
    ) -> None:
        numbers = [int(line) for line in Path(path).read_text(encoding="utf-8").split()]
        super().__init__(
            columns={"number": numbers, "square": [[float(n * n)] for n in numbers]},
            batch_size=batch_size,
            shuffle=shuffle,
            **options,
        )


class Mean(Metric):
    """The mean of all values."""

    input_ports = ports(value="B Channel:c")
    goals = {"mean": "max"}

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.total, self.count = 0.0, 0

    def update(self, *, value: Tensor) -> None:
        """Add."""
        self.total += sum(value.values)
        self.count += len(value.values)

    def merge(self, other: Any) -> None:
        """Add what another has seen."""
        self.total += other.total
        self.count += other.count

    def compute(self) -> dict[str, float]:
        """Divide."""
        return {"mean": self.total / self.count}

    def state(self) -> dict[str, Any]:
        """Return the sums."""
        return {"total": self.total, "count": self.count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take them back."""
        self.total, self.count = state["total"], state["count"]


PROJECT = [{"inputs": 2, "outputs": 3}, {"inputs": 1, "outputs": 4}]


def numbers(folder: Path) -> list[dict[str, Any]]:
    """Write five numbers."""
    path = folder / "numbers.txt"
    path.write_text("0\n1\n2\n3\n4\n", encoding="utf-8")
    return [{"path": str(path)}, {"path": str(path), "batch_size": 3, "shuffle": False}]


MODULES = ("Project", "Noise", "Running", "Louder", "Numbers", "Surprise")


@hookimpl
def nm_collection() -> Collection:
    """Declare the collection."""
    return Collection(
        "honest",
        "Modules that keep every law.",
        modules=[ModuleSpec(name, "One of them.", {"reference": f"nm_core_honest:{name}"}) for name in MODULES],
        tags=["nm_core_honest:NoteTag"],
        suite=3,
    )


@hookimpl
def nm_backends() -> dict[str, str]:
    """Declare the backend."""
    return {"reference": "nm_core_reference:ReferenceBackend"}


@hookimpl
def nm_probes() -> dict[str, str]:
    """Declare its probe."""
    return {"reference": "nm_core_reference.probe:ReferenceProbe"}


@hookimpl
def nm_metrics() -> dict[str, str]:
    """Declare the metric."""
    return {"Mean": "nm_core_honest:Mean"}


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare examples."""
    return {"Project": "nm_core_honest:PROJECT", "Numbers": "nm_core_honest:numbers"}
