"""The record of a check: its runs, what is wrong, and what was not seen."""

from __future__ import annotations

from types import MappingProxyType

from nm_core import NeuralModule
from nm_torch.checking.findings import Run
from nm_torch.checking.report import ModuleReport, ModuleRun
from nm_types import Fix, NeuralTypeError, Problem


class Record:
    """What a check has found so far; of several runs that show the same fault, the first is kept."""

    def __init__(self, module: NeuralModule, location: str) -> None:
        self.module = module
        self.location = location
        self.unseen: list[str] = []
        self._runs: list[ModuleRun] = []
        self._problems: dict[tuple[object, ...], Problem] = {}
        self._lacking = set(module.outputs)
        self._error: Exception | None = None

    def report(self) -> ModuleReport:
        """Return what was done.

        Raises:
            NeuralTypeError: something is wrong.
        """
        if self._problems:
            raise NeuralTypeError(list(self._problems.values())) from self._error
        lacking = [f"{port}: it never had a value" for port in self.module.outputs if port in self._lacking]
        return ModuleReport(self.module.name, tuple(self._runs), tuple(dict.fromkeys([*lacking, *self.unseen])))

    def keep(self, run: Run, *, training: bool | None) -> None:
        """Take over what a run found."""
        for problem in run.problems:
            port = problem.port.partition("[")[0]  # one problem for all elements of a list
            self._problems.setdefault((problem.code, port), problem)
        self.unseen += run.unseen
        self._lacking &= set(run.lacking)
        self._runs.append(ModuleRun(run.use.text, training, MappingProxyType(dict(run.sizes))))

    def failed(self, run: Run, error: Exception, tried: str = "") -> None:
        """Take over that a module raised an error of its own; the first one becomes the cause of the report."""
        self._error = self._error or error
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = None if frame is None else (frame.tb_frame.f_code, frame.tb_lineno)
        self._problems.setdefault(("NM131", type(error), where), self._failure(run, error, tried))

    def _failure(self, run: Run, error: Exception, tried: str) -> Problem:
        message = first_line(error)
        cls = type(self.module)
        ways = 'inputs={"...": tensor}, sizes={"...": 101}'
        hint = f"where it needs special ones, give them:\n    check_module(module, {ways})"
        return Problem(
            code="NM131",
            cause=f"{type(error).__name__}: {message}" if message else f"It raised {type(error).__name__}.",
            consumer=self.module.name,
            location=self.location,
            notes=tuple(note for note in (f"Seen {run.seen}.", tried) if note),
            declared=f"{cls.__module__}.{cls.__qualname__}",
            fixes=(Fix("correct forward, or declare ports that say which values it takes."),),
            alternative=hint if self.module.inputs else "",
        )


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0]
