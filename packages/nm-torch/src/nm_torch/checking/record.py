"""The record of a check, and the report that its user gets: runs, problems, and aspects that no run shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nm_core import NeuralModule
from nm_torch.checking.findings import CheckedRun
from nm_types import Fix, NeuralTypeError, Problem

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
        unseen: aspects that were not checked, one line each.
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
        texts = [", ".join(part for part in (way, _modes(modes)) if part) for way, modes in ways.items()]
        lines += [f"  {text}" for text in texts[:MOST_SHOWN] if text]
        lines += [f"  ... and {len(ways) - MOST_SHOWN} more ways."] if len(ways) > MOST_SHOWN else []
        return "\n".join([*lines, *(["Not seen:"] if self.unseen else []), *(f"  {line}" for line in self.unseen)])


class CheckRecord:
    """The runs and problems of a check so far; of several runs that show the same problem, the first counts."""

    def __init__(self, module: NeuralModule, location: str) -> None:
        self.module = module
        self.location = location
        self.unseen: list[str] = []
        self._runs: list[ModuleRun] = []
        self._problems: dict[tuple[object, ...], Problem] = {}
        self._lacking = set(module.outputs)
        self._error: Exception | None = None

    def report(self) -> ModuleReport:
        """Return the report.

        Raises:
            NeuralTypeError: there are problems.
        """
        if self._problems:
            raise NeuralTypeError(list(self._problems.values())) from self._error
        lacking = [f"{port}: it never had a value" for port in self.module.outputs if port in self._lacking]
        return ModuleReport(self.module.name, tuple(self._runs), tuple(dict.fromkeys([*lacking, *self.unseen])))

    def add(self, run: CheckedRun, *, training: bool | None) -> None:
        """Add a run and its problems."""
        for problem in run.problems:
            port = problem.port.partition("[")[0]  # one problem for all elements of a list
            self._problems.setdefault((problem.code, port), problem)
        self.unseen += run.unseen
        self._lacking &= set(run.lacking)
        self._runs.append(ModuleRun(run.use.text, training, MappingProxyType(dict(run.sizes))))

    def add_failure(self, run: CheckedRun, error: Exception, tried: str = "") -> None:
        """Add a run that ended with the module's own error; the first one becomes the cause of the report."""
        self._error = self._error or error
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        # One error at one line is one problem, though its message may name the sizes of each run.
        line = None if frame is None else (frame.tb_frame.f_code, frame.tb_lineno)
        self._problems.setdefault(("NM131", type(error), line), self._failure(run, error, tried))

    def _failure(self, run: CheckedRun, error: Exception, tried: str) -> Problem:
        message = first_line(error)
        cls = type(self.module)
        ways = 'inputs={"...": tensor}, sizes={"...": 101}'
        hint = f"where it needs special ones, give them:\n    check_module(module, {ways})"
        return Problem(
            code="NM131",
            cause=f"{type(error).__name__}: {message}" if message else f"It raised {type(error).__name__}.",
            consumer=self.module.name,
            location=self.location,
            notes=tuple(note for note in (f"Seen {run.conditions}.", tried) if note),
            declared=f"{cls.__module__}.{cls.__qualname__}",
            fixes=(Fix("correct forward, or declare ports that say which values it takes."),),
            alternative=hint if self.module.inputs else "",
        )


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0]


def _modes(modes: list[bool | None]) -> str:
    """Return the modes of runs in words."""
    names = {False: "in evaluation", True: "in training"}
    return " and ".join(text for mode, text in names.items() if mode in modes)


def sizes_text(sizes: Mapping[str, int]) -> str:
    """Return sizes in words: `B = 3, t = 29`."""
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
