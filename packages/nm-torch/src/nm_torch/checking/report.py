"""What a check did and what it could not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """One run of a module on invented inputs.

    Attributes:
        use: how its ports were used, such as "all optional inputs, *s of 2 axes"; empty where there is one way.
        training: whether it ran in training mode; None for a module that has no modes.
        sizes: the size that each name stood for.
    """

    use: str
    training: bool | None
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """A module did what its ports promise, as far as runs on invented inputs can show.

    Attributes:
        module: its name.
        runs: the runs, in order.
        unseen: what was not checked, one line each.
    """

    module: str
    runs: tuple[ModuleRun, ...]
    unseen: tuple[str, ...]

    def __str__(self) -> str:
        count = f"{len(self.runs)} run{'s' if len(self.runs) > 1 else ''}"
        lines = [f"{self.module} keeps its promises in {count}."]
        ways: dict[str, list[bool | None]] = {}
        for run in self.runs:
            way = ": ".join(part for part in (run.use, sizes_text(run.sizes)) if part)
            ways.setdefault(way, []).append(run.training)
        texts = [", ".join(part for part in (way, _modes(found)) if part) for way, found in ways.items()]
        lines += [f"  {text}" for text in texts[:MOST_SHOWN] if text]
        lines += [f"  ... and {len(ways) - MOST_SHOWN} more ways."] if len(ways) > MOST_SHOWN else []
        return "\n".join([*lines, *(["Not seen:"] if self.unseen else []), *(f"  {line}" for line in self.unseen)])


def _modes(found: list[bool | None]) -> str:
    """Return the modes of runs in words."""
    names = {False: "in evaluation", True: "in training"}
    return " and ".join(text for mode, text in names.items() if mode in found)


def sizes_text(sizes: Mapping[str, int]) -> str:
    """Return sizes in words: `B = 3, t = 29`."""
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
