"""The data layer of the reference backend."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from nm_core import ModuleOptions, NeuralModule
from nm_core.symbols.component import Segment
from nm_core_reference.tensor import Tensor

MicroBatch = tuple[int, ...]


class Rows(NeuralModule):
    """Samples given as one column of plain values per port; a subclass declares the ports."""

    segment: ClassVar[Segment] = "source"

    def __init__(
        self,
        *,
        columns: Mapping[str, list[Any]],
        batch_size: int,
        shuffle: bool = False,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.columns = list(columns.values())
        self.batch_size = batch_size
        self.shuffle = shuffle

    def __len__(self) -> int:
        return len(self.columns[0])

    def plan(self, seed: int | None = None, epoch: int = 0) -> list[MicroBatch]:
        """Return the micro-batches of an epoch, in order where no seed is given."""
        numbers = list(range(len(self)))
        if self.shuffle and seed is not None:
            random.Random(f"{seed}/{epoch}").shuffle(numbers)
        return [tuple(numbers[at : at + self.batch_size]) for at in range(0, len(self), self.batch_size)]

    def load(self, indices: Sequence[int]) -> tuple[Any, ...]:
        """Return the values of these samples, in the order of the ports."""
        columns = [[column[index] for index in indices] for column in self.columns]
        return tuple(column if isinstance(column[0], str) else Tensor.of(column) for column in columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return map(self.load, self.plan())
