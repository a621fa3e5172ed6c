"""A problem: one bad edge as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from nm_types.codes import CODES
from nm_types.rendering import Column, render, render_html


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do next; a safe fix keeps every value and makes the connection succeed."""

    text: str
    safe: bool = False

    def __str__(self) -> str:
        return f"fix (safe): {self.text}" if self.safe else f"fix: {self.text}"


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

    @property
    def title(self) -> str:
        """The title of the code."""
        return CODES[self.code][0]

    @property
    def target(self) -> str:
        """Consumer and port: `encoder.audio_signal`."""
        return ".".join(part for part in (self.consumer, self.port) if part)

    def __str__(self) -> str:
        giver = self.producer.partition(".")[0]
        return render(
            head=f"{self.code}  {self.title}",
            location=self.location,
            edge=f"{self.producer} -> {self.target}" if self.producer else self.target,
            labels=(f"{self.consumer or self.port} expects", f"{giver} gives" if giver else "given"),
            columns=self.columns,
            mark=self.mark,
            lines=[self.cause, *self.notes, *self._declarations(), *map(str, self.fixes), self.alternative],
        )

    def to_dict(self) -> dict[str, object]:
        """The problem as plain data, for tools."""
        return {
            "code": self.code,
            "title": self.title,
            "location": self.location,
            "producer": self.producer,
            "consumer": self.consumer,
            "port": self.port,
            "expected": self.expected,
            "given": self.given,
            "comparison": self.comparison,
            "columns": [
                {"head": one.head, "expected": one.expected, "given": one.given, "marked": one.marked}
                for one in self.columns
            ],
            "cause": self.cause,
            "notes": list(self.notes),
            "declared": {"expected": self.declared, "given": self.given_declared},
            "fixes": [{"text": fix.text, "safe": fix.safe} for fix in self.fixes],
            "alternative": self.alternative,
        }

    def to_html(self) -> str:
        """The problem for a notebook: the same text, colours for the two types."""
        return render_html(str(self))

    def _declarations(self) -> list[str]:
        lines = []
        if self.declared:
            lines.append(f"{self.target} is declared in {self.declared}.")
        if self.given_declared:
            lines.append(f"{self.producer} is declared in {self.given_declared}.")
        return lines
