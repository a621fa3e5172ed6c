"""Where something stands in a file, and how a message shows it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

# the line breaks that PyYAML counts, so that its marks and these agree
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SHOWN = 100


class Span(NamedTuple):
    """A stretch of text; lines and columns count from zero, the end is exclusive.

    Attributes:
        change: the change to the file that the value comes from, such as `--set encoder.dropout=0.1`; it stands there
            and not in the file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    change: str = ""


@dataclass(frozen=True)
class Source:
    """The text of a file and the name under which messages speak of it."""

    name: str
    text: str

    def position(self, span: Span) -> str:
        """Return `file:line:column`, counted from one as editors do, or the change that the value comes from."""
        return span.change or f"{self.name}:{span.line + 1}:{span.column + 1}"

    def span(self, start: int, end: int) -> Span:
        """Return the stretch between two offsets into the text."""
        return Span(*self._line_and_column(start), *self._line_and_column(end))

    def excerpt(self, span: Span) -> str:
        """Return the line on which a span begins, with carets under it; empty where the text has no such line."""
        if span.line >= len(self._line_starts):
            return ""
        line = self._line(span.line)
        end = span.end_column if span.end_line == span.line else len(line)
        column = min(span.column, len(line))
        # of a long line the part around the place is shown
        start = max(0, column - _SHOWN * 2 // 3)
        shown = line[start : start + _SHOWN]
        carets = max(1, min(end, start + _SHOWN) - column)
        # a tab stays a tab: the carets stand under the place whatever its width
        blank = "".join("\t" if character == "\t" else " " for character in line[start:column])
        number = str(span.line + 1)
        return f"  {number} | {_printable(shown)}\n  {' ' * len(number)} | {blank}{'^' * carets}"

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def _line(self, index: int) -> str:
        start = self._line_starts[index]
        break_ = _LINE_BREAK.search(self.text, start)
        return self.text[start : break_.start() if break_ else len(self.text)]

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset) - 1
        return line, offset - self._line_starts[line]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
