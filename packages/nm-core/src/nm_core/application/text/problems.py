"""Problems of an application: each with its place, all of them in one report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nm_core.application.text.spans import Source, Span
from nm_core.errors import ApplicationError, NmError
from nm_types import Problem
from nm_types.errors import explain_sentence

Path = tuple[str | int, ...]
"""Where a value stands inside an application: `("graphs", "train", "calls", 0)`."""

_MOST = 100


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing that is wrong.

    Attributes:
        message: the problem, and on further lines the expectation and the advice.
        path: where it stands in the application.
        position: `file:line:column`, or the path in words for an application that is no file.
        excerpt: the line of the file with carets under the place; may be empty.
        line: the line in the file counted from one, or 0.
        column: the column in the line counted from one, or 0.
        file: the file, or an empty text for an application that is none.
        code: the code that `nmod explain` knows, or an empty text.
        connection: both ends, both types and the fixes, where a connection is wrong.

    Example:
        >>> print(FileProblem("Unknown key.", position="app.yaml:3:1", excerpt="   3 | modles:"))
        app.yaml:3:1: Unknown key.
           3 | modles:
    """

    message: str
    path: Path = ()
    position: str = ""
    excerpt: str = ""
    line: int = 0
    column: int = 0
    file: str = ""
    code: str = ""
    connection: Problem | None = None

    def __str__(self) -> str:
        first, _, rest = self.message.partition("\n")
        head = f"{self.position}: {first}" if self.position else first
        return "\n".join(part for part in (head, self.excerpt, rest) if part)

    def to_dict(self) -> dict[str, object]:
        """Return the problem as plain data for tools."""
        return {
            "message": self.message,
            "code": self.code or None,
            "path": list(self.path),
            "position": self.position,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "connection": None
            if self.connection is None
            else replace(self.connection, location=self.position).to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of checking an application.

    Attributes:
        name: the file, or a name for an application that is none.
        problems: all problems, in the order of the file.
        notes: remarks on what is allowed: casts, checks put off until the sizes are known.
        stopped: whether the check stopped because there were too many.

    Example:
        >>> report = Report("app.yaml", (FileProblem("The file is empty.", position="app.yaml:1:1"),))
        >>> report.ok, report.count
        (False, '1 problem')
    """

    name: str
    problems: tuple[FileProblem, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def count(self) -> str:
        """How many problems there are, in words."""
        return "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"

    def __iter__(self) -> Iterator[FileProblem]:
        return iter(self.problems)

    def __str__(self) -> str:
        if self.ok:
            return f"{self.name}: no problems."
        parts = [str(problem) for problem in self.problems]
        ending = "; the check stopped here." if self.stopped else "."
        codes = [problem.code for problem in self.problems if problem.code]
        more = f"\n{explain_sentence(codes)}" if codes else ""
        parts.append(f"{self.name}: {self.count}{ending}{more}")
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data for tools."""
        return {
            "name": self.name,
            "ok": self.ok,
            "problems": [problem.to_dict() for problem in self.problems],
            "stopped": self.stopped,
            "notes": list(self.notes),
        }

    def raise_if_bad(self) -> None:
        """Raise all problems as one error.

        Raises:
            ApplicationFileError: the report has problems.
        """
        if not self.ok:
            raise ApplicationFileError(self)


class ApplicationFileError(ApplicationError):
    """An application is not well formed; `report` holds every problem."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report

    @property
    def problems(self) -> tuple[FileProblem, ...]:
        """Everything that is wrong, in the order of the file."""
        return self.report.problems

    # pickle calls the class with `args`, which holds the text and not the report
    def __reduce__(self) -> tuple[type[ApplicationFileError], tuple[Report]]:
        return ApplicationFileError, (self.report,)


class TooManyProblems(Exception):  # a signal inside this package, no error of its own
    """Checking stops here: enough is known to be wrong."""


class BrokenPaths:
    """Places whose values could not be read, so that what refers to them is not blamed as well."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._around: set[Path] = set()

    def add(self, path: Path) -> None:
        """Remember a place."""
        self._paths.add(path)
        self._around.update(path[:length] for length in range(len(path) + 1))

    def __contains__(self, path: Path) -> bool:
        return path in self._paths

    def covers(self, path: Path) -> bool:
        """Tell whether the value at a place, or one around it, is broken."""
        return bool(self._paths) and any(path[:length] in self._paths for length in range(len(path) + 1))

    def touches(self, path: Path) -> bool:
        """Tell whether anything at or inside a place is broken."""
        return path in self._around


class Problems:
    """Collects problems while an application is read and checked; `broken` holds the places that could not be read."""

    def __init__(self, name: str, source: Source | None = None) -> None:
        self.name = name
        self.broken = BrokenPaths()
        self.stopped = False
        self._source = source
        self._problems: list[tuple[tuple[int, int], FileProblem]] = []
        self._notes: list[str] = []

    def add(self, what: str | NmError | Problem, path: Path = (), span: Span | None = None) -> None:
        """Record one problem at a place in the file: a message, an error, or a bad connection.

        Raises:
            TooManyProblems: there are so many that further ones help nobody.
        """
        if len(self._problems) >= _MOST:
            self.stopped = True
            raise TooManyProblems
        code = "" if isinstance(what, str) else what.code or ""
        connection = what if isinstance(what, Problem) else None
        if self._source is None or span is None:
            where = spell(path)
            position = f"{self.name}: {where}" if where else self.name
            # problems of the whole file come first
            self._problems.append(((-1, -1), FileProblem(str(what), path, position, code=code, connection=connection)))
            return
        if span.change:
            self._problems.append(
                ((-1, -1), FileProblem(str(what), path, span.change, code=code, connection=connection))
            )
            return
        position, excerpt = self._source.position(span), self._source.excerpt(span)
        details = (position, excerpt, span.line + 1, span.column + 1, self.name)
        problem = FileProblem(str(what), path, *details, code, connection)
        self._problems.append(((span.line, span.column), problem))

    def note(self, message: str) -> None:
        """Record something that is allowed but should be seen."""
        self._notes.append(message)

    def position(self, span: Span) -> str:
        """Return `file:line:column` of a place in the file."""
        return self._source.position(span) if self._source else self.name

    def __len__(self) -> int:
        return len(self._problems)

    def report(self) -> Report:
        """Return everything found so far, in the order of the file."""
        problems = tuple(problem for _, problem in sorted(self._problems, key=lambda item: item[0]))
        return Report(self.name, problems, tuple(self._notes), self.stopped)


def spell(path: Path) -> str:
    """Return a path as people write it: `graphs.train.calls[0]`."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words
