"""A problem: one bad edge as plain data, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from nm_types.codes import CODES

WIDTH = 80


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
        cause: one or two sentences.
        consumer, port, producer: who meets whom: `encoder`, `audio_signal`, `loader.features`.
        expected, given: the two types as text.
        expected_axes, given_axes: the same, axis by axis, the kind of values last where there is one.
        marked: the columns at fault, and `mark` a word about them.
        comparison: the result of `compare` where one axis or kind decided it.
        declared, given_declared: the classes that declare the two ports.
        location: file and line of the user's code.
        fixes: what to do next, and `alternative` another way.
        notes: further lines, such as the chain of a derived size.
    """

    code: str
    cause: str
    consumer: str = ""
    port: str = ""
    producer: str = ""
    expected: str = ""
    given: str = ""
    expected_axes: tuple[str, ...] = ()
    given_axes: tuple[str, ...] = ()
    marked: tuple[int, ...] = ()
    mark: str = ""
    comparison: str = ""
    declared: str = ""
    given_declared: str = ""
    location: str = ""
    fixes: tuple[Fix, ...] = ()
    alternative: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def title(self) -> str:
        """The title of the code."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        head = f"{self.code}  {self.title}"
        if self.location:
            head = f"{head}{self.location.rjust(max(WIDTH - len(head), len(self.location) + 2))}"
        lines = [head, f"  {self._edge()}", "", *self._table(), "", f"  {self.cause}"]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  {line}" for line in self._declarations()]
        lines += [f"  {fix}" for fix in self.fixes]
        if self.alternative:
            lines.append(f"  {self.alternative}")
        return "\n".join(line.rstrip() for line in lines)

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
            "axes": list(self.marked),
            "cause": self.cause,
            "notes": list(self.notes),
            "declared": {"expected": self.declared, "given": self.given_declared},
            "alternative": self.alternative,
            "fixes": [{"text": fix.text, "safe": fix.safe} for fix in self.fixes],
        }

    def to_html(self) -> str:
        """The problem for a notebook."""
        return f'<pre style="line-height: 1.3; white-space: pre">{escape(str(self))}</pre>'

    def _edge(self) -> str:
        target = ".".join(part for part in (self.consumer, self.port) if part)
        return f"{self.producer} -> {target}" if self.producer else target

    def _labels(self) -> tuple[str, str]:
        giver = self.producer.partition(".")[0]
        return f"{self.consumer or self.port} expects", f"{giver} gives" if giver else "given"

    def _table(self) -> list[str]:
        count = max(len(self.expected_axes), len(self.given_axes))
        expected = self.expected_axes + ("-",) * (count - len(self.expected_axes))
        given = self.given_axes + ("-",) * (count - len(self.given_axes))
        heads = [f"axis {i}" for i in range(count)]
        for i in range(count):
            if expected[i].startswith(";") or given[i].startswith(";"):
                heads[i] = "values"
        labels = ("", *self._labels(), "")
        columns = [labels, *zip(heads, expected, given, map(self._marker, range(count), expected, given), strict=True)]
        widths = [max(map(len, column)) for column in columns]
        if sum(widths) + 3 * count + 2 > WIDTH:
            return self._tall_table(heads, expected, given)
        cells = [[cell.ljust(width) for cell in column] for column, width in zip(columns, widths, strict=True)]
        lines = ["  " + "   ".join(row).rstrip() for row in zip(*cells, strict=True)]
        lines[3] = self._underline(widths)
        return [line for index, line in enumerate(lines) if index < 3 or line.strip()]

    def _marker(self, index: int, expected: str, given: str) -> str:
        return "^" * max(len(expected), len(given)) if index in self.marked else ""

    def _underline(self, widths: list[int]) -> str:
        if not self.marked:
            return ""
        starts = [2 + sum(widths[: i + 1]) + 3 * (i + 1) for i in range(len(widths) - 1)]
        line = [" "] * (2 + sum(widths) + 3 * len(widths))
        for index in self.marked:
            stop = starts[index] + widths[index + 1]
            line[starts[index] : stop] = "^" * (stop - starts[index])
            if index + 1 in self.marked:
                line[stop : starts[index + 1]] = "^" * (starts[index + 1] - stop)
        return f"{''.join(line).rstrip()} {self.mark}"

    def _tall_table(self, heads: list[str], expected: tuple[str, ...], given: tuple[str, ...]) -> list[str]:
        left, right = self._labels()
        width = max(len(left), *map(len, expected))
        lines = [f"           {left.ljust(width)}   {right}"]
        for index, (head, one, other) in enumerate(zip(heads, expected, given, strict=True)):
            mark = f"   <- {self.mark}" if index in self.marked else ""
            lines.append(f"  {head.ljust(6)}   {one.ljust(width)}   {other}{mark}")
        return lines

    def _declarations(self) -> list[str]:
        lines = []
        if self.declared:
            lines.append(f"{self.consumer}.{self.port} is declared in {self.declared}")
        if self.given_declared:
            lines.append(f"{self.producer} is declared in {self.given_declared}")
        return lines
