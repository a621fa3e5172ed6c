"""Results of actions: the `Records` of an inference, and `LoadedWeights`, the report on weights that were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from nm_core.callbacks.run import TrainingResult
from nm_core.symbols.parameters import thaw
from nm_types.frames import boundary

Shape = tuple[int, ...]


def training_interrupt(result: TrainingResult) -> KeyboardInterrupt:
    """Return the interrupt with which a training ends after Ctrl-C or SIGTERM; its attribute `result` says how far.

    Example:
        >>> result = TrainingResult(step=3, epoch=0, samples=6, losses={}, reason="interrupted", seconds=0.5)
        >>> training_interrupt(result)
        KeyboardInterrupt('interrupted after 3 updates')
    """
    checkpoint = "" if result.checkpoint is None else f", checkpoint {result.checkpoint}"
    # Not a subclass: only of KeyboardInterrupt itself does Python die as of SIGINT, which also ends a loop of a shell.
    interrupt = KeyboardInterrupt(f"interrupted after {result.step} updates{checkpoint}")
    interrupt.result = result  # type: ignore[attr-defined]
    return interrupt


def interrupted_result(interrupt: KeyboardInterrupt) -> TrainingResult | None:
    """Return how far a training came that has raised an interrupt, or None where no training did."""
    return getattr(interrupt, "result", None)


class Records(Iterator[dict[str, Any]]):
    """An iterator of per-sample records keyed by output name; nothing is computed before it is asked for.

    Example:
        >>> records = Records(iter([{"text": "a"}, {"text": "b"}, {"text": "c"}]), ("text",))
        >>> next(records)
        {'text': 'a'}
        >>> records.collect()
        {'text': ['b', 'c']}
    """

    def __init__(self, records: Iterator[dict[str, Any]], names: tuple[str, ...]) -> None:
        self._records = records
        self.names = names

    @boundary
    def __next__(self) -> dict[str, Any]:
        return next(self._records)

    @boundary
    def collect(self) -> dict[str, list[Any]]:
        """Return all that is left, as one list per output."""
        collected: dict[str, list[Any]] = {name: [] for name in self.names}
        for record in self._records:
            for name, value in record.items():
                collected[name].append(value)
        return collected


@dataclass(frozen=True, slots=True)
class LoadedWeights:
    """The report on saved weights that a module read; names are those of the module's weights.

    Attributes:
        module: the module's name.
        source: the file.
        loaded: weights that have the saved values.
        missing: weights of the module that were not saved: they have the values with which they were made.
        unexpected: saved weights that the module does not have.
        mismatched: weights that were saved in another shape: the saved shape and the module's. They were not taken.

    Example:
        >>> report = LoadedWeights.compare("net", "net.safetensors", {"w": (2, 3), "b": (3,)}, {"w": (2, 4), "b": (3,)})
        >>> print(report)
        net: 1 of 2 weights loaded from net.safetensors
          w has shape (2, 4) in the file and (2, 3) in the module
    """

    module: str
    source: str
    loaded: tuple[str, ...]
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: Mapping[str, tuple[Shape, Shape]] = field(default_factory=dict)

    @classmethod
    def compare(
        cls, module: str, source: str, expected: Mapping[str, Shape], saved: Mapping[str, Shape]
    ) -> LoadedWeights:
        """Compare the weights that a module expects with those that were saved, by name and shape."""
        return cls(
            module,
            source,
            # In the module's order, so that reports of two files compare line by line.
            tuple(name for name in expected if saved.get(name) == expected[name]),
            tuple(name for name in expected if name not in saved),
            tuple(name for name in saved if name not in expected),
            {name: (saved[name], shape) for name, shape in expected.items() if saved.get(name, shape) != shape},
        )

    @property
    def complete(self) -> bool:
        """Whether the module took all of the saved weights, and they were all of its own."""
        return not (self.missing or self.unexpected or self.mismatched)

    def problems(self) -> list[str]:
        """Return a line for each weight that does not fit, sorted."""
        problems = [f"{name} is not in the file" for name in self.missing]
        problems += [f"{name} is only in the file" for name in self.unexpected]
        for name, (saved, own) in self.mismatched.items():
            problems.append(f"{name} has shape {saved} in the file and {own} in the module")
        return sorted(problems)

    def __str__(self) -> str:
        own = len(self.loaded) + len(self.missing) + len(self.mismatched)
        head = f"{self.module}: {len(self.loaded)} of {own} weights loaded from {self.source}"
        return "".join([head, *(f"\n  {problem}" for problem in self.problems())])

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data for tools."""
        return {declared.name: thaw(getattr(self, declared.name)) for declared in fields(self)}
