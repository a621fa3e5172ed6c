"""A bad edge as plain data, and the error that carries all bad edges of a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nm_types.codes import CODES
from nm_types.errors import NmError, explain_sentence
from nm_types.messages.fix import Fix
from nm_types.messages.rendering import Column, Sheet, nearby, render, wrap_lines

PLACE = re.compile(r"(.*?):(\d+)(?::(\d+))?")


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad edge: the two types, where they come from, one cause, and what to do.

    Attributes:
        code: a stable code, see `explain`.
        cause: one sentence.
        consumer: who is called, `encoder`.
        port: its port, `audio_signal`.
        producer: where the value comes from, `loader.features`.
        expected: the type of the port as text.
        given: the type of the value as text.
        columns: both types axis by axis, the kind of values last; the ones at fault are marked.
        mark: a word about the marked columns.
        comparison: the name of the result of `compare`, where one decided it.
        declared: the class that declares the port.
        given_declared: the class that declares the output.
        location: file and line of the user's code.
        notes: further facts, such as where a derived size comes from.
        fixes: what to do next.
        alternative: another way out, or nothing.
        derived: the sizes in it that some module has made out of others, as text.
        sides: the labels of the two types, where "encoder expects" and "loader gives" do not fit.

    Example:
        >>> print(Problem("NM101", "Axis 1 means Time.", consumer="encoder", port="signal", producer="data.spec"))
        NM101  an axis means something else
          data.spec -> encoder.signal
        <BLANKLINE>
          Axis 1 means Time.
    """

    code: str
    cause: str
    consumer: str = ""
    port: str = ""
    producer: str = ""
    expected: str = ""
    given: str = ""
    columns: tuple[Column, ...] = ()
    mark: str = ""
    comparison: str = ""
    declared: str = ""
    given_declared: str = ""
    location: str = ""
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    alternative: str = ""
    derived: tuple[str, ...] = ()
    sides: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        """The title of the code."""
        return CODES[self.code][0]

    @property
    def target(self) -> str:
        """Consumer and port: `encoder.audio_signal`."""
        return ".".join(part for part in (self.consumer, self.port) if part)

    def __str__(self) -> str:
        lines = [wrap_lines(f"  {line}") for line in self._facts()]
        alternative = [f"  {self.alternative}"] if self.alternative else []
        return render(self._sheet(), [*lines, *map(str, self.fixes), *alternative])

    def to_dict(self) -> dict[str, object]:
        """The problem as plain data, for tools: the keys are described in the page Errors."""
        return {
            "code": self.code,
            "title": self.title,
            **place(self.location),
            "producer": self.producer,
            "consumer": self.consumer,
            "port": self.port,
            "expected": self.expected,
            "given": self.given,
            "comparison": self.comparison,
            "columns": [
                {"head": column.head, "expected": column.expected, "given": column.given, "marked": column.marked}
                for column in self.columns
            ],
            "cause": self.cause,
            "notes": list(self.notes),
            "declared": {"expected": self.declared, "given": self.given_declared},
            "fixes": [fix.to_dict() for fix in self.fixes],
            "alternative": self.alternative,
        }

    def to_html(self) -> str:
        """The problem for a notebook: the same words, the cells at fault coloured."""
        from nm_types.messages.html import render_html  # most programs run in no notebook

        return render_html(self._sheet(), self._facts(), self.fixes, self.alternative)

    def _sheet(self) -> Sheet:
        giver = self.producer.partition(".")[0]
        labels = f"{self.consumer or self.port} expects", f"{giver} gives" if giver else "given"
        return Sheet(
            code=self.code,
            title=self.title,
            location=nearby(self.location),
            ends=(self.producer, self.target),
            labels=self.sides or labels,
            columns=self.columns,
            mark=self.mark,
        )

    def _facts(self) -> list[str]:
        """The cause, what else is known, and where both sides are declared."""
        facts = [self.cause, *map(nearby, self.notes)]
        if self.declared:
            facts.append(f"{self.target} is declared in {self.declared}.")
        if self.given_declared:
            facts.append(f"{self.producer} is declared in {nearby(self.given_declared)}.")
        return facts


class NeuralTypeError(NmError, TypeError):
    """Connections whose types do not fit: all bad edges of a call at once.

    Attributes:
        problems: one `Problem` per bad edge, at most ten of them are shown.
    """

    shown = 10

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        shown = [str(problem) for problem in self.problems[: self.shown]]
        hidden = len(self.problems) - len(shown)
        if hidden:
            shown.append(f"... and {hidden} more.")
        more = explain_sentence(problem.code for problem in self.problems)
        text = "\n\n".join(shown) + ("\n\n" if len(shown) > 1 else "\n  ") + more
        super().__init__(text, code=self.problems[0].code if self.problems else None)

    def __reduce__(self) -> tuple[type[NeuralTypeError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    def to_dict(self) -> dict[str, object]:
        """The error with all of its problems as plain data, for tools."""
        return {**super().to_dict(), "problems": [problem.to_dict() for problem in self.problems]}

    def _repr_html_(self) -> str:
        shown = [problem.to_html() for problem in self.problems[: self.shown]]
        hidden = len(self.problems) - len(shown)
        more = f"<div>... and {hidden} more.</div>" if hidden else ""
        return "\n".join([*shown, more, f"<div>{explain_sentence(problem.code for problem in self.problems)}</div>"])


def place(location: str) -> dict[str, object]:
    """A place in a file as plain data: the whole of it, the file, and where it is known the line and the column."""
    match = PLACE.fullmatch(location)
    file, line, column = match.groups() if match else (location, None, None)
    return {"location": location, "file": file, "line": line and int(line), "column": column and int(column)}
